namespace Ncn.Protocol;

/// <summary>The form of an address that a participant publishes. Whether it may be called is the caller's guard to decide.</summary>
public static class PublicUrl
{
    /// <summary>Longest text.</summary>
    public const int MaxChars = 256;

    /// <summary>An absolute http or https URL of at most 256 characters, without user, query and fragment.</summary>
    public static bool IsWellFormed(string? text) =>
        text is { Length: > 0 and <= MaxChars }
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0 && url.Host.Length > 0;
}
