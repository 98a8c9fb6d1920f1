namespace Ncn.ComputeWorker.Tests.OpenInference.Malformed;

/// <summary>A call that is wrong in one known way.</summary>
/// <param name="What">The way, for the test's message.</param>
internal abstract record MalformedCall(string What)
{
    /// <summary>An HTTP call with the operator's token.</summary>
    internal sealed record Rest(string What, string Path, byte[] Body, string? ContentType = "application/json", string? JsonLength = null, string? Encoding = null, string Method = "POST")
        : MalformedCall(What);

    /// <summary>What goes over a socket to the HTTP port, which is then closed for sending.</summary>
    /// <param name="MayHangUp">Whether the server may close the connection and say nothing: it cannot know that somebody still reads.</param>
    internal sealed record Socket(string What, byte[] Bytes, bool MayHangUp) : MalformedCall(What);

    /// <summary>A message of ModelInfer.</summary>
    internal sealed record Message(string What, byte[] Bytes) : MalformedCall(What);

    /// <summary>A message on the stream of ModelStreamInfer; bytes that are none end it, others are answered by an error.</summary>
    internal sealed record Streamed(string What, byte[] Bytes) : MalformedCall(What);

    /// <summary>A job from a known gateway with a valid signature, whose input is wrong.</summary>
    internal sealed record Job(string What, string Model, byte[] Input) : MalformedCall(What);
}
