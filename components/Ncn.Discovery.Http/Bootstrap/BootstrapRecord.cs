using Ncn.Protocol;

namespace Ncn.Discovery.Http.Bootstrap;

/// <summary>A way into the network: where a peer is asked, and which one it must be.</summary>
/// <param name="Url">Base URL of its discovery endpoint.</param>
/// <param name="Record">Its signed record, which may have expired; null where only the URL is known, and whoever answers there is believed.</param>
public sealed record BootstrapRecord(Uri Url, Signed<PeerRecord>? Record)
{
    /// <summary>Whose peer it must be; null for anybody's.</summary>
    public Address? Operator { get; init; }

    /// <summary>Whoever answers at this URL; null when it is none.</summary>
    public static BootstrapRecord? Of(string? url) =>
        PublicUrl.IsWellFormed(url) ? new BootstrapRecord(new Uri(url!), null) : null;

    /// <summary>The peer of this record; null when the record is malformed. Its signature is checked when it is used.</summary>
    public static BootstrapRecord? Of(Signed<PeerRecord>? record) =>
        PeerRecord.IsWellFormed(record?.Message) ? new BootstrapRecord(new Uri(record!.Message.Url), record) : null;
}

/// <summary>Says how to get into the network: settings, a file, or the chain.</summary>
public interface IBootstrapSource
{
    /// <summary>Where the records come from, for the log.</summary>
    string Name { get; }

    /// <summary>
    /// All ways in that it knows now, at most a few hundred; asked at the start, then more and more seldom while nobody answers, and every ten minutes.
    /// What cannot be read throws <see cref="BootstrapException"/>, and the other sources are used.
    /// </summary>
    Task<IReadOnlyList<BootstrapRecord>> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A source of bootstrap records cannot be read. The message says what is wrong with which.</summary>
public sealed class BootstrapException(string message, Exception? inner = null) : Exception(message, inner);
