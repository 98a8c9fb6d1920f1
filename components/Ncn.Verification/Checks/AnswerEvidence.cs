using Ncn.Protocol;

namespace Ncn.Verification.Checks;

/// <summary>How an answer of tokens ended, as the gateway recorded it.</summary>
public enum AnswerEnding
{
    /// <summary>The model, a stop token, a stop string or a whole document ended it.</summary>
    Stop,

    /// <summary>It reached its length limit.</summary>
    Length,

    /// <summary>The gateway asked the node to stop, or hung up. A node that says so unasked has not ended its answer.</summary>
    Cancelled,
}

/// <summary>What a gateway keeps of every attempt and shows to validators.</summary>
/// <param name="Job">As the gateway signed it.</param>
/// <param name="Receipt">As the node signed it.</param>
/// <param name="Input">The bytes that the node got.</param>
public abstract record AnswerEvidence(Signed<InferenceJob> Job, Signed<Receipt> Receipt, ReadOnlyMemory<byte> Input);

/// <summary>A chunk of an answer of tokens.</summary>
/// <param name="TokenIds">Its tokens; none in one that only frees held-back text.</param>
/// <param name="Text">Its text.</param>
public sealed record AnswerPiece(IReadOnlyList<int> TokenIds, string Text);

/// <summary>An answer of tokens.</summary>
/// <param name="Pieces">The chunks that the attempt delivered, in order: tokens that were committed before it are not among them.</param>
/// <param name="Fingerprints">The encoded set, as the node sent it.</param>
/// <param name="Ending">How it ended.</param>
public sealed record TextEvidence(
    Signed<InferenceJob> Job, Signed<Receipt> Receipt, ReadOnlyMemory<byte> Input, IReadOnlyList<AnswerPiece> Pieces, ReadOnlyMemory<byte> Fingerprints,
    AnswerEnding Ending)
    : AnswerEvidence(Job, Receipt, Input)
{
    /// <summary>All tokens that were delivered.</summary>
    public IReadOnlyList<int> TokenIds { get; } = [.. Pieces.SelectMany(static piece => piece.TokenIds)];

    /// <summary>The whole text.</summary>
    public string Text => string.Concat(Pieces.Select(static piece => piece.Text));
}

/// <summary>An answer of tensors, vectors of texts among them.</summary>
/// <param name="Answer">The serialised response, as the node sent it.</param>
/// <param name="Outputs">The tensors in it.</param>
public sealed record TensorEvidence(
    Signed<InferenceJob> Job, Signed<Receipt> Receipt, ReadOnlyMemory<byte> Input, ReadOnlyMemory<byte> Answer, IReadOnlyList<TensorValue> Outputs)
    : AnswerEvidence(Job, Receipt, Input);
