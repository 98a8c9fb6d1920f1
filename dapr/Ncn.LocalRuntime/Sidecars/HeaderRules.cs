using Microsoft.Net.Http.Headers;

namespace Ncn.LocalRuntime.Sidecars;

/// <summary>Which headers pass from one hop to the next (RFC 9110, section 7.6.1).</summary>
internal static class HeaderRules
{
    private static readonly HashSet<string> PerHop = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization,
        HeaderNames.TE, HeaderNames.Trailer, HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.Host, HeaderNames.Date, HeaderNames.Server,
    };

    public static bool Passes(string name) => !PerHop.Contains(name);

    public static IReadOnlyList<KeyValuePair<string, string>> ForActor(IHeaderDictionary headers) =>
        [.. headers
            .Where(header => Passes(header.Key) && !header.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("Dapr-Reentrancy-Id", StringComparison.OrdinalIgnoreCase) && !header.Key.Equals("Expect", StringComparison.OrdinalIgnoreCase))
            .Select(header => KeyValuePair.Create(header.Key, header.Value.ToString()))];

    public static void CopyTo(IHeaderDictionary target, IEnumerable<KeyValuePair<string, string>> headers)
    {
        foreach (var (name, value) in headers.Where(header => Passes(header.Key)))
        {
            target.Append(name, value);
        }
    }
}
