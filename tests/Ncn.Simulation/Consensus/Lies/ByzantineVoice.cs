using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>What a Byzantine validator says instead of what its core would. It signs with its own key only, and with no one's hash but its own blocks' and those it heard of.</summary>
internal sealed class ByzantineVoice(ValidatorProcess self, Strategy strategy)
{
    private const ulong LongestDelay = 400;
    private const ulong Last = (ulong)Strategy.Changing;
    private const ulong EpochEnd = 2;
    private readonly FalseVotes _votes = new(self);
    private readonly FalseBlocks _blocks = new(self);
    private readonly OldWords _old = new(self);

    /// <summary>The core wants this said.</summary>
    internal void Say(ValidatorProcess to, ConsensusMessage message)
    {
        switch (Now())
        {
            case Strategy.Silent:
                break;
            case Strategy.Selective when (to.Number + self.Number) % 2 == 0:
                break;
            case Strategy.StallingEpochEnd when IsEpochEnding():
                break;
            case Strategy.WithholdingCheckpoints when message is ConsensusMessage.CheckpointSigned:
                break;
            case Strategy.Delaying:
                self.After(self.World.Below(LongestDelay), () => self.Speak(to, message));
                break;
            case Strategy.Withholding when message is ConsensusMessage.Certified or ConsensusMessage.Relayed or ConsensusMessage.Ballot { Vote.Vote.Kind: VoteKind.Finalize }:
            case Strategy.LateVoting when message is ConsensusMessage.Ballot { Vote.Vote.Kind: VoteKind.Notarize } && to.Number % 2 == 0:
                self.After(JustBeforeTheEnd(), () => self.Speak(to, message));
                break;
            default:
                SayMore(to, message);
                break;
        }
    }

    /// <summary>Something was heard.</summary>
    internal void Hear(ConsensusMessage message)
    {
        if (strategy is Strategy.Replaying or Strategy.Changing)
        {
            _old.Hear(message);
        }
    }

    /// <summary>From time to time.</summary>
    internal void Beat()
    {
        switch (Now())
        {
            case Strategy.Replaying:
                _old.Repeat();
                break;
            case Strategy.FloodingFuture:
                _votes.FloodFuture();
                break;
            case Strategy.Flapping:
                self.Crash();
                self.World.Schedule(self.World.Now + 50 + self.World.Below(2_500), new Kernel.WorldEvent(self.Restart));
                break;
            case Strategy.Restoring:
                _old.Restore();
                break;
            case Strategy.RewritingHistory:
                _old.Rewrite();
                break;
            default:
                break;
        }
    }

    /// <summary>What it answers; null for the truth.</summary>
    internal object? Answer(FetchCall asked) => (Now(), asked.What) switch
    {
        (Strategy.LyingAboutState or Strategy.FalseAnswers, Wanted.OfBlock) => self.State.Tree.Entries.Values.FirstOrDefault()?.Block,
        (Strategy.FalseAnswers, Wanted.OfView of) => self.Rows.Of(asked.Epoch, of.View + 1).ToArray(),
        (Strategy.FalseAnswers or Strategy.RewritingHistory, Wanted.OfEpoch of) => _old.FalseProof(of.Epoch),
        _ => null,
    };

    /// <summary>An observation of what is not on the chain; null for none.</summary>
    internal Operation? Invented() => Now() != Strategy.InventingSets ? null : new Operation.ObserveSet(
        (uint)self.Network.Registry.Snapshots.Count + (uint)self.World.Below(2),
        [.. self.Network.Profile.First.Members.Select(static member => member with { Weight = member.Weight + 1 })]);

    private Strategy Now() => strategy == Strategy.Changing ? (Strategy)self.World.Below(Last) : strategy;

    private void SayMore(ValidatorProcess to, ConsensusMessage message)
    {
        switch (Now())
        {
            case Strategy.Equivocating:
                Equivocate(to, message);
                break;
            case Strategy.LyingAboutState when message is ConsensusMessage.Proposed { Proposal: var proposal } && self.World.Below(2) == 0:
                self.Speak(to, FalseBlocks.With(self, proposal, static header => header with { Roots = header.Roots with { State = Names.Content(5) } }));
                break;
            case Strategy.DividingEnds when self.State.Epoch.EndHeight == self.State.Delivered.Height + 1:
                self.Speak(to, message);
                _votes.Divide(to, message, half: (ulong)(to.Number + self.Number) % 2);
                break;
            case Strategy.Usurping:
                self.Speak(to, message);
                _blocks.Usurp(to, message);
                break;
            case Strategy.Unjustified when message is ConsensusMessage.Proposed { Proposal: var bare }:
                self.Speak(to, _blocks.Unjustified(bare));
                break;
            case Strategy.SigningEverything:
                self.Speak(to, message);
                _votes.SignAll(to, message);
                break;
            case Strategy.NullifyingOwn when message is ConsensusMessage.Proposed { Proposal: var own }:
                self.Speak(to, message);
                _votes.GiveUp(to, own);
                break;
            case Strategy.FloodingPast:
                self.Speak(to, message);
                _votes.FloodPast(to, message);
                break;
            case Strategy.FalseCheckpoints when message is ConsensusMessage.CheckpointSigned { Checkpoint: var signed } && to.Number % 2 == 0:
                Falsify(to, signed);
                break;
            default:
                self.Speak(to, message);
                break;
        }
    }

    private void Equivocate(ValidatorProcess to, ConsensusMessage message)
    {
        if (message is ConsensusMessage.Proposed { Proposal: var proposal } && self.World.Below(2) == 0)
        {
            self.Speak(to, FalseBlocks.With(self, proposal, static header => header with { Context = header.Context with { Time = header.Context.Time + 1 } }));
            return;
        }

        self.Speak(to, message);
        _votes.Contradict(to, message);
    }

    private void Falsify(ValidatorProcess to, VerifiedCheckpoint signed)
    {
        var other = signed.Checkpoint with { StateRoot = Names.Content(9) };
        self.Speak(to, new ConsensusMessage.CheckpointSigned(VerifiedCheckpoint.Trust(other, signed.Signer, self.Sign(other))));
    }

    private bool IsEpochEnding() => self.State.Epoch.EndHeight - self.State.Delivered.Height <= EpochEnd;

    private ulong JustBeforeTheEnd() => (3 * Ncn.Consensus.Rules.Timers.Unit(self.State)) - 40 - self.World.Below(60);
}
