namespace Ncn.Inference.Generation;

/// <summary>What a model says of one token of a completion that it did not write itself.</summary>
/// <param name="Position">The token's index in the completion, from 0.</param>
/// <param name="Logprob">Natural log-probability of the completion's own token, before any sampling option.</param>
/// <param name="Top">The likeliest <see cref="GenerationRequest.EvidenceTop"/> tokens, likeliest first, the lower id first among equals.</param>
public sealed record ScoredPosition(int Position, float Logprob, IReadOnlyList<TokenLogprob> Top);
