using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>One's own job replaced by a better-paid one.</summary>
internal static class Replacement
{
    /// <summary>Null when the named job may be replaced, which is given too. Another payer's job is answered like one that is not there.</summary>
    internal static MempoolOutcome? Refusal(MempoolState state, MempoolInput.Submit input, RequestId named, out JobEntry? replaced)
    {
        replaced = state.TryGet(named, out var found) && found.Job.Payer == input.Payer && found.Job.Phase is JobPhase.Waiting or JobPhase.Released
            ? found
            : null;
        return replaced is null ? MempoolOutcome.NotReplaceable
            : input.Fee < replaced.Job.ReplacementFee ? MempoolOutcome.FeeTooLow
            : null;
    }
}
