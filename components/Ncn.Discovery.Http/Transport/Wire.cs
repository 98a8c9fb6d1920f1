using System.Net;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Transport;

/// <summary>What both ends of a call agree on.</summary>
internal static class Wire
{
    /// <summary>Largest message either way, bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Where a peer is asked, under its URL.</summary>
    public const string Path = "/ncn/v1/discovery";

    /// <summary>How far a request's time may be from the answerer's, milliseconds.</summary>
    public const ulong WindowMilliseconds = 60_000;

    public static Uri UrlOf(string peerUrl) => new(peerUrl.TrimEnd('/') + Path);

    /// <summary>As the connection pool names it.</summary>
    public static DnsEndPoint EndPointOf(Uri url) => new(url.IdnHost, url.Port);

    /// <summary>Whether the peer's own key signed a message.</summary>
    public static bool IsSignedBy<T>(Contact peer, Signed<T> message, Eip712Domain network)
        where T : ITypedData =>
        message.Signature.IsBy(Address.FromPublicKey(peer.Record.Message.IdentityKey.Span), network.Digest(message.Message));
}
