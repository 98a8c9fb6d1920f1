using System.Collections.Frozen;

namespace Ncn.Serving.Streaming.Frames;

/// <summary>Which headers a frame may carry: those that say something about a request, none that say something about a connection.</summary>
internal static class FrameHeaders
{
    public const int MaxCount = 32;
    public const int MaxValueLength = 16 * 1024;

    private static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
        [
            "accept", "content-type", "idempotency-key", "inference-header-content-length", "last-event-id", "payment-identifier",
            "payment-signature", "prefer", "traceparent", "tracestate", "x-payment", "x402-version",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> ToTheConnection = FrozenSet.ToFrozenSet(
        ["cache-control", "content-length", "date", "server", "transfer-encoding", "x-accel-buffering"], StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a header; null when it may be carried.</summary>
    public static string? Problem(string name, string value) =>
        !IsKnown(name) ? $"the header {Shown(name)} cannot be sent in a frame; it takes {string.Join(", ", Known.Order(StringComparer.Ordinal))} and those that begin with ncn- or x-ncn-"
        : value.Length > MaxValueLength ? $"the header {name} has {value.Length} characters; at most {MaxValueLength} are read"
        : value.Any(static letter => letter is < ' ' or > '~') ? $"the header {name} has characters other than visible ASCII"
        : null;

    /// <summary>True for a header of an answer that a client of a socket has use for.</summary>
    public static bool IsForClients(string name) => !ToTheConnection.Contains(name);

    private static bool IsKnown(string name) => Known.Contains(name)
        || (name.Length <= 64 && IsOurs(name) && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'));

    private static bool IsOurs(string name) =>
        name.StartsWith("ncn-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-ncn-", StringComparison.OrdinalIgnoreCase);

    private static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "…";
}
