using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Routing.Peers;

/// <summary>The gateways that this one passes requests on to (section <c>Ncn:Gateway</c>).</summary>
public sealed class PeerOptions : IValidatableObject
{
    private const int MaxPeers = 32;

    /// <summary>Base URLs of other gateways, separated by commas, at most 32; empty, the default, for none. Discovery finds more.</summary>
    public string Peers { get; set; } = string.Empty;

    /// <summary>The peers; empty when they cannot be read.</summary>
    internal IReadOnlyList<Uri> Urls =>
        [.. Peers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Read).OfType<Uri>()];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var parts = Peers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > MaxPeers || parts.Any(static part => Read(part) is null))
        {
            yield return new ValidationResult($"Ncn:Gateway:Peers must be at most {MaxPeers} http or https URLs without path, separated by commas.", [nameof(Peers)]);
        }
    }

    private static Uri? Read(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { PathAndQuery: "/", UserInfo: "", Fragment: "" } ? url : null;
}
