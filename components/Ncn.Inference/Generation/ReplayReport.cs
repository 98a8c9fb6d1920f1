namespace Ncn.Inference.Generation;

/// <summary>What became of a completion that was given, when the model and the sampler were asked what they would have done at each place.</summary>
/// <param name="Tokens">Tokens of the completion that could be taken. Fewer than it has: the next one cannot stand there (it follows the end, ends the text, or breaks the schema).</param>
/// <param name="Doubts">The places, by position, where this model would draw another token. Committed tokens are not doubted.</param>
/// <param name="Scored">What the model says at the positions that were asked for.</param>
/// <param name="Pieces">The text that each token lets go, from the first token that was not committed.</param>
/// <param name="Rest">Text that is held back until the end.</param>
/// <param name="Finish">What ended the completion with its last token: its length, a stop string, a whole document; null when nothing did.</param>
/// <param name="StopSteps">As <see cref="TokenDoubt.Steps"/>: how far from ending the text after the last token the model is, 0 when it ends it. Where <paramref name="Finish"/> is set, 0.</param>
public sealed record ReplayReport(
    int Tokens, IReadOnlyList<TokenDoubt> Doubts, IReadOnlyList<ScoredPosition> Scored, IReadOnlyList<string> Pieces, string Rest, FinishReason? Finish, int StopSteps);

/// <summary>A place where seed and logits give another token than the completion has.</summary>
/// <param name="Position">The token's index in the completion, from 0.</param>
/// <param name="Drawn">The token that this model's logits give.</param>
/// <param name="Steps">
/// How far this model's logits would have to be off, each at most so far, for the sampler to give the completion's token: a power of two, in
/// 1/1,048,576 nat, rounded up; the largest number where no such error is enough.
/// </param>
public readonly record struct TokenDoubt(int Position, int Drawn, int Steps);
