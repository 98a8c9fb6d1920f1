using Ncn.Protocol;

namespace Ncn.Verification.Checks;

/// <summary>What ended an answer of tokens.</summary>
public enum AnswerEnding
{
    /// <summary>A stop string, or a whole document.</summary>
    Stop,

    /// <summary>Its length limit.</summary>
    Length,
}

/// <summary>What a validator's own worker found when it ran a job's model over the answer that is checked.</summary>
/// <param name="StatedProvider">The execution provider that the job's model digest names: what the node ran on.</param>
/// <param name="FoundProvider">What the re-run ran on.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Rows">Rows of a tensor or embedding request; 0 for text.</param>
/// <param name="Tolerances">What was measured for the model; null when nothing was.</param>
public sealed record Rerun(string StatedProvider, string FoundProvider, uint PromptTokens, uint Rows, ModelTolerances? Tolerances)
{
    /// <summary>Of an answer of tokens; null for tensors.</summary>
    public TextRerun? Text { get; init; }

    /// <summary>The model's own outputs; none for text.</summary>
    public IReadOnlyList<TensorValue> Outputs { get; init; } = [];

    /// <summary>The tolerances for this pair of providers; null when they were not measured.</summary>
    public PairTolerance? Tolerance => Tolerances?.Pairs.FirstOrDefault(pair => pair.Stated == StatedProvider && pair.Found == FoundProvider);
}

/// <summary>One pass over prompt and answer: what this machine's model says, and what its sampler would have drawn.</summary>
/// <param name="Fingerprints">At the positions that the job chooses.</param>
/// <param name="Taken">Delivered tokens that could be taken; fewer than there are when the next one cannot stand there.</param>
/// <param name="Doubts">Places where another token would have been drawn, by position.</param>
/// <param name="Pieces">The text that each taken token lets go.</param>
/// <param name="Rest">Text that is held back until the end.</param>
/// <param name="Finish">What ended the answer with its last token; null where nothing did.</param>
/// <param name="StopMargin">Where nothing did: how far the model is from ending the text there, as <see cref="RerunDoubt.Margin"/>; 0 when it does.</param>
public sealed record TextRerun(
    FingerprintSet Fingerprints, uint Taken, IReadOnlyList<RerunDoubt> Doubts, IReadOnlyList<string> Pieces, string Rest, AnswerEnding? Finish,
    long StopMargin);

/// <summary>A place where a re-run draws another token.</summary>
/// <param name="Position">The token's index in the attempt, from 0.</param>
/// <param name="Drawn">The token that the re-run's logits give.</param>
/// <param name="Margin">How far each logit would have to be off for the stated token to be drawn, in 1/1,048,576 nat.</param>
public readonly record struct RerunDoubt(uint Position, int Drawn, long Margin);
