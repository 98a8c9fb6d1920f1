using Ncn.Protocol;

namespace Ncn.Serving.Answers;

/// <summary>What a live answer is made with.</summary>
/// <param name="Dialect">Its form.</param>
/// <param name="Context">What its form needs.</param>
/// <param name="Patience">How long it goes on after its last follower left.</param>
/// <param name="MaxCharacters">What its log holds.</param>
public sealed record LiveAnswerSettings(RequestId Request, string Dialect, AnswerContext Context, TimeSpan Patience, long MaxCharacters)
{
    /// <summary>Told once, when the run has ended.</summary>
    internal Action<LiveAnswer>? Ended { get; init; }
}
