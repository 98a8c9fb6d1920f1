using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Network;

/// <summary>One validator of four, by hand: every step's outputs are looked at. Rows are confirmed and votes signed only when the test says so.</summary>
internal sealed class OneValidator
{
    private LedgerTree _ledger;

    internal OneValidator(int own = 0, ulong endHeight = 1_000_000, ConsensusLimits? limits = null)
    {
        Epoch = Sample.Epoch(Sample.Set(1, 1, 1, 1), own, endHeight);
        State = ConsensusState.Create(Epoch, SignGuard.Of(1), limits ?? ConsensusLimits.Default);
        _ledger = LedgerTree.At(Epoch.Anchor.Hash, LedgerState.Empty);
        Give(ConsensusInput.Started.Instance);
    }

    internal EpochSettings Epoch { get; }

    internal ValidatorSet Set => Epoch.Set;

    internal ConsensusState State { get; private set; }

    internal int Own => Epoch.Own!.Value;

    internal List<DurableRow> Rows { get; } = [];

    /// <summary>The first view from one on that somebody else leads, or that this validator does.</summary>
    internal ulong ViewLedBy(bool own, ulong from = 1)
    {
        var view = from;
        while (Epoch.Leaders.LeaderOf(view) == Own != own)
        {
            view++;
        }

        return view;
    }

    /// <summary>One step, and what came out of it. Blocks are validated at once.</summary>
    internal IReadOnlyList<ConsensusOutput> Give(ConsensusInput input)
    {
        (State, var outputs) = ConsensusCore.Apply(State, input);
        var all = new List<ConsensusOutput>(outputs);
        foreach (var output in outputs)
        {
            if (output is ConsensusOutput.Persist persist)
            {
                Rows.AddRange(persist.Rows);
            }
            else if (output is ConsensusOutput.Validate { Block: var block })
            {
                (_ledger, var isValid) = _ledger.Validate(block, Epoch);
                all.AddRange(Give(new ConsensusInput.Validated(block.Hash, isValid)));
            }
        }

        return all;
    }

    internal IReadOnlyList<ConsensusOutput> Hear(ConsensusMessage message) => Give(new ConsensusInput.Received(message));

    internal IReadOnlyList<ConsensusOutput> Hear(VerifiedVote vote) => Hear(new ConsensusMessage.Ballot(vote));

    internal IReadOnlyList<ConsensusOutput> Hear(VerifiedCertificate certificate) => Hear(new ConsensusMessage.Certified(certificate));

    internal IReadOnlyList<ConsensusOutput> Confirm() => Give(new ConsensusInput.Persisted(ulong.MaxValue));

    internal IReadOnlyList<ConsensusOutput> Sign(VoteKind kind, ulong view, Hash32 block = default) => Give(new ConsensusInput.Signed(Sample.Vote(Own, kind, view, block)));

    internal IReadOnlyList<ConsensusOutput> Fire(TimerKind kind) => Give(new ConsensusInput.TimerFired(new TimerToken(kind, State.Epoch.Number, State.View)));

    /// <summary>Certificates bring it to a view, each view before it nullified.</summary>
    internal void GoTo(ulong view)
    {
        for (var next = State.View; next < view; next++)
        {
            Hear(Sample.Certificate(Set, VoteKind.Nullify, next, from: 1));
        }

        Confirm();
    }

    /// <summary>The leader's block for a view on the anchor.</summary>
    internal Block Block(ulong view, ulong time = 1) => Sample.Block(Epoch, view, Epoch.Anchor, LedgerState.Empty, time);

    internal Block Child(Block parent, ulong view)
    {
        var ledger = LedgerExecution.Execute(LedgerState.Empty, Epoch, parent) ?? LedgerState.Empty;
        return Sample.Block(Epoch, view, Ancestor.Of(parent), ledger, 2);
    }

    internal VerifiedCertificate Certificate(VoteKind kind, ulong view, Hash32 block = default) => Sample.Certificate(Set, kind, view, block, from: 1);
}
