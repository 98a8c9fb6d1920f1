using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Ncn.Protocol;

/// <summary>Where a node is called: <c>host:port</c> without encryption, <c>https://host:port</c> with TLS under the node's own identity.</summary>
/// <param name="Host">A DNS name, an IPv4 address, or an IPv6 address in brackets.</param>
/// <param name="Port">1 to 65,535.</param>
/// <param name="IsTls">Whether TLS is spoken there.</param>
public sealed record NodeEndpoint(string Host, ushort Port, bool IsTls)
{
    private const string TlsPrefix = "https://";
    private const int MaxChars = 256;

    /// <summary>True for this machine's own addresses, which nobody else can listen on or between.</summary>
    public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>Parses the text form; false when it is neither of the two, or too long.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out NodeEndpoint? endpoint)
    {
        endpoint = null;
        if (text is not { Length: > 0 and <= MaxChars })
        {
            return false;
        }

        bool isTls = text.StartsWith(TlsPrefix, StringComparison.Ordinal);
        string address = isTls ? text[TlsPrefix.Length..] : text;
        int colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            return false;
        }

        string host = address[..colon];
        if (!IsHost(host))
        {
            return false;
        }

        endpoint = new NodeEndpoint(host, port, isTls);
        return true;
    }

    /// <summary>The text form.</summary>
    public override string ToString() => $"{(IsTls ? TlsPrefix : "")}{Host}:{Port.ToString(CultureInfo.InvariantCulture)}";

    private static bool IsHost(string host) => Uri.CheckHostName(host.Trim('[', ']')) switch
    {
        UriHostNameType.IPv6 => host.StartsWith('[') && host.EndsWith(']'),
        UriHostNameType.Unknown => false,
        _ => !host.Contains('[', StringComparison.Ordinal) && !host.Contains(']', StringComparison.Ordinal),
    };
}
