using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>After a crash with the disk intact (rule C1).</summary>
internal static class Restart
{
    /// <summary>The state that the rows give.</summary>
    internal static ConsensusState Load(ConsensusState state, IEnumerable<VerifiedCertificate> certificates, IEnumerable<ClosedEpoch> closed)
    {
        foreach (var certificate in certificates.Where(certificate => certificate.Epoch == state.Epoch.Number))
        {
            state = state with
            {
                Certificates = state.Certificates.SetItem(certificate.View, state.CertificatesOf(certificate.View).With(certificate)),
                Final = certificate.Kind == VoteKind.Finalize && certificate.View > state.FinalView ? certificate : state.Final,
            };
        }

        return state with
        {
            Certificates = state.Certificates.RemoveRange(state.Certificates.Keys.TakeWhile(view => view < state.FinalView)),
            Guard = state.Guard.WithFloor(state.FinalView),
            Checkpoints = Closed(state, closed).WithSet(state.Epoch.Number, new Electorate(state.Epoch.Set, state.Epoch.Own)),
            Tree = state.Tree with { Entries = state.Tree.Entries.SetItems(state.Tree.Entries.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value with { IsDurable = true }))) },
        };
    }

    // Ends below the mark were certified before the mark was signed.
    private static OpenCheckpoints Closed(ConsensusState state, IEnumerable<ClosedEpoch> closed) =>
        closed.Where(epoch => epoch.Number < state.Epoch.Number && epoch.End.Height >= (state.Guard.Mark?.Height ?? 0)).OrderBy(static epoch => epoch.Number)
            .Aggregate(state.Checkpoints, static (all, epoch) => all.WithEnd(Checkpointing.Of(epoch.End)).WithSet(epoch.Number, new Electorate(epoch.Set, epoch.Own)));

    /// <summary>Enters the view that the rows lead to, and signs again what was signed (rule G4): so nothing needs to be kept but the rows.</summary>
    internal static void Start(Step step)
    {
        var state = step.State;
        if (state.View > 0)
        {
            return;
        }

        var certified = state.Certificates.IsEmpty ? 0 : state.Certificates.Keys.Last();
        var signed = state.Guard.Rows.IsEmpty ? 0 : state.Guard.Rows.Keys.Last();
        Views.Enter(step, Math.Max(Math.Max(1, signed), Math.Max(certified, state.FinalView) + 1));
        foreach (var vote in step.State.Guard.Votes().Where(vote => HasGrounds(step.State, vote)).ToArray())
        {
            step.TrySign(vote); // G4
        }

        foreach (var certificate in step.State.Certificates.Values.Select(static held => held.Notarization).OfType<VerifiedCertificate>().ToArray())
        {
            step.TrySign(new Vote(VoteKind.Finalize, certificate.Epoch, certificate.View, certificate.BlockHash)); // V5, if the crash came before it
        }

        Checkpointing.Again(step);
    }

    // The guard's row may be durable without the rows that the vote waited for (rule C2): then it never left, and waits for them again.
    private static bool HasGrounds(ConsensusState state, Vote vote) => vote.Kind switch
    {
        VoteKind.Notarize => state.Tree.Has(vote.BlockHash),
        VoteKind.Finalize => state.CertificatesOf(vote.View).Notarization?.BlockHash == vote.BlockHash,
        _ => true,
    };
}
