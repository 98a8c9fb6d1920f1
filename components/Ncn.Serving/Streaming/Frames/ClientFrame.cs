namespace Ncn.Serving.Streaming.Frames;

/// <summary>What a client may send over a socket. functions/Ncn.GatewayStream/README.md describes each frame.</summary>
internal abstract record ClientFrame
{
    private ClientFrame()
    {
    }

    /// <summary>A request, as it would have come over HTTP. A resume is one too: it asks for the rest of a request's events.</summary>
    /// <param name="Id">The client's name for it, by which all frames about it go.</param>
    /// <param name="Path">Begins with a slash.</param>
    /// <param name="Query">Empty, or begins with a question mark.</param>
    /// <param name="Body">The bytes exactly as they came: an idempotency key is held to them.</param>
    public sealed record Call(
        string Id, string Method, string Path, string Query, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body) : ClientFrame;

    /// <summary>Ends a request that runs.</summary>
    public sealed record Cancel(string Id) : ClientFrame;

    /// <summary>A larger voucher for a request that runs.</summary>
    /// <param name="Payment">As in the header PAYMENT-SIGNATURE.</param>
    public sealed record Voucher(string Id, string Payment) : ClientFrame;

    /// <summary>Asks for a pong, which browsers cannot do by the protocol's own means.</summary>
    public sealed record Ping(string? Id) : ClientFrame;
}

/// <summary>Why a frame was refused.</summary>
/// <param name="Id">The request that it is about; null when that could not be read.</param>
/// <param name="Status">The HTTP status that says the same.</param>
internal sealed record FrameProblem(string? Id, int Status, string Code, string Message)
{
    public static FrameProblem Malformed(string? id, string message) => new(id, 400, "invalid_frame", message);
}
