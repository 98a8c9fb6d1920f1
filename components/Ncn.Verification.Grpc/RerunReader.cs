using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Verification.Checks;

namespace Ncn.Verification.Grpc;

/// <summary>Reads a worker's reply into what the checks compare.</summary>
public static class RerunReader
{
    /// <summary>The re-run.</summary>
    /// <exception cref="InvalidDataException">The worker, which is the validator's own, answers what it must not; the message says what.</exception>
    public static Rerun Read(FingerprintReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return new Rerun(reply.StatedProvider, reply.Provider, reply.PromptTokens, reply.Rows, Tolerances(reply.TolerancesJson))
        {
            Text = reply.Replay is { } replay ? Text(reply, replay) : null,
            Outputs = reply.Tensors.IsEmpty ? [] : TensorReader.Read(reply.Tensors) ?? throw new InvalidDataException("the worker's tensors cannot be read"),
        };
    }

    private static ModelTolerances? Tolerances(string json) => json.Length == 0 ? null
        : ModelTolerances.Parse(json, out string? problem) ?? throw new InvalidDataException($"the worker's {ModelTolerances.FileName} cannot be used: {problem}");

    private static TextRerun Text(FingerprintReply reply, Replay replay) => new(
        FingerprintSet.TryDecode(reply.Fingerprints.Span, out FingerprintSet? set, out string? problem)
            ? set
            : throw new InvalidDataException($"the worker's fingerprints cannot be read: {problem}"),
        replay.Taken,
        [.. replay.Doubts.Select(static doubt => new RerunDoubt(doubt.Position, doubt.Drawn, doubt.Margin))],
        [.. replay.Pieces],
        replay.Rest,
        replay.FinishReason switch { "stop" => AnswerEnding.Stop, "length" => AnswerEnding.Length, _ => null },
        replay.StopMargin);
}
