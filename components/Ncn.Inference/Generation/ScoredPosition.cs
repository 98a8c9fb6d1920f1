namespace Ncn.Inference.Generation;

/// <summary>How likely a token of a given completion was.</summary>
/// <param name="Position">Its index in the completion, from 0.</param>
/// <param name="Logprob">Its natural log-probability.</param>
/// <param name="Top">The likeliest <see cref="GenerationRequest.EvidenceTop"/> tokens there, likeliest first.</param>
public sealed record ScoredPosition(int Position, float Logprob, IReadOnlyList<TokenLogprob> Top);
