using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Views move by certificates, and by nothing else (rules V1, V5, V6, V7).</summary>
internal static class Views
{
    /// <summary>The view has a certificate.</summary>
    internal static void Leave(Step step, ulong view)
    {
        if (view >= step.State.View)
        {
            Enter(step, view + 1);
        }
    }

    /// <summary>V1.</summary>
    internal static void Enter(Step step, ulong view)
    {
        step.State = step.State with
        {
            View = view,
            Proposal = null,
            Turn = default,
            Resends = 0,
            Told = default,
            Tree = step.State.Tree.Without(Unwanted(step.State)),
        };
        Timers.Arm(step);
        Timers.NullifyWithOthers(step);
    }

    // Proposals of the view that is left, which nobody certified and this node did not notarize (rule A1).
    private static ImmutableArray<Hash32> Unwanted(ConsensusState state) =>
    [
        .. from entry in state.Tree.Entries.Values
           let block = entry.Block
           where block.View == state.View && !entry.IsDurable && state.CertificatesOf(block.View).Certified != block.Hash && state.FinalHash != block.Hash
           select block.Hash,
    ];
}
