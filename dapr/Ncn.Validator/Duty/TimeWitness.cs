using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Verification;

namespace Ncn.Validator.Duty;

/// <summary>Says that time has passed, when the verification waits for it and no block has come in a period: that makes one.</summary>
/// <remarks>Each period another member is the first to say it, and the others follow over the half of the period, so that mostly one does.</remarks>
internal sealed class TimeWitness(Address key)
{
    private ulong _said;

    /// <summary>What is to be said now; null for nothing.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    internal Operation.Testify? Due(VerificationState state, ulong nowMs)
    {
        var (period, into) = Math.DivRem(nowMs, state.Rules.PeriodMs);
        var place = state.Members.Select(static member => member.Key).ToImmutableArray().IndexOf(key);
        if (!state.IsWaiting || place < 0 || period <= state.Period || period <= _said)
        {
            return null;
        }

        var count = (ulong)state.Members.Length;
        var rank = ((period % count) + (ulong)place) % count;
        if (2 * count * into < rank * state.Rules.PeriodMs)
        {
            return null;
        }

        _said = period;
        var testimony = new Testimony.TimePassed(period);
        return new Operation.Testify(key, testimony.Topic, testimony.Content);
    }
}
