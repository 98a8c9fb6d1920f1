using Ncn.Consensus.Rules;

namespace Ncn.Consensus;

/// <summary>
/// The pure core of a validator: Simplex (Chan and Pass, 2023) with votes that carry the block's hash, stake weights, and three kinds of
/// vote. The rules' numbers (V1 to V13, …) are those of the README.
/// </summary>
/// <remarks>
/// Invariants, kept by every step: no vote goes out before the rows that it depends on are durable; the own votes never exclude each other;
/// F, v, the guard's floor and its mark never fall; blocks are delivered once, in the order of their heights; no input throws, whatever it
/// says; memory is bounded by the views between F and v, and by nothing that strangers send.
/// </remarks>
public static class ConsensusCore
{
    /// <summary>One step. <paramref name="state"/> is not changed.</summary>
    public static (ConsensusState State, IReadOnlyList<ConsensusOutput> Outputs) Apply(ConsensusState state, ConsensusInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        var step = new Step(state);
        Take(step, input);
        GoOn(step);
        return step.Finish();
    }

    private static void Take(Step step, ConsensusInput input)
    {
        switch (input)
        {
            case ConsensusInput.Started:
                Restart.Start(step);
                break;
            case ConsensusInput.Received received:
                Take(step, received.Message);
                break;
            case ConsensusInput.TimerFired fired:
                Timers.Fired(step, fired.Timer);
                break;
            case ConsensusInput.Persisted persisted:
                OwnVotes.Persisted(step, persisted.Sequence);
                break;
            case ConsensusInput.Signed signed:
                OwnVotes.Signed(step, signed.Vote);
                break;
            case ConsensusInput.SignRefused refused:
                step.Halt($"the signing guard refused: {refused.Reason}");
                break;
            case ConsensusInput.SignedCheckpoint signed:
                Checkpointing.Signed(step, signed.Checkpoint);
                break;
            default:
                TakeAnswer(step, input);
                break;
        }
    }

    private static void TakeAnswer(Step step, ConsensusInput input)
    {
        switch (input)
        {
            case ConsensusInput.Validated validated:
                Executions.Validated(step, validated.BlockHash, validated.IsValid);
                break;
            case ConsensusInput.Built built:
                Leading.Built(step, built.View, built.Content);
                break;
            case ConsensusInput.WorkAvailable work:
                Timers.WorkAvailable(step, work.HasWork);
                break;
            case ConsensusInput.BlockReceived received:
                CatchUp.BlockReceived(step, received.Block);
                break;
            case ConsensusInput.SnapshotReceived received:
                CatchUp.SnapshotReceived(step, received.Snapshot);
                break;
            case ConsensusInput.EpochProofReceived received:
                Epochs.ProofReceived(step, received.Proof);
                break;
            case ConsensusInput.LaterEpochSeen:
                Epochs.LaterSeen(step);
                break;
            case ConsensusInput.EpochOpened opened:
                Epochs.Open(step, opened.Epoch);
                break;
            default:
                throw new ArgumentException($"{input.GetType().Name} is not an input of consensus.", nameof(input));
        }
    }

    private static void Take(Step step, ConsensusMessage message)
    {
        switch (message)
        {
            case ConsensusMessage.Ballot ballot:
                Votes.Take(step, ballot.Vote, isRelayed: false);
                break;
            case ConsensusMessage.Relayed relayed:
                foreach (var vote in relayed.Votes)
                {
                    Votes.Take(step, vote, isRelayed: true);
                }

                break;
            case ConsensusMessage.Certified certified:
                Certificates.Take(step, certified.Certificate);
                break;
            case ConsensusMessage.Proposed proposed:
                Proposals.Take(step, proposed.Proposal);
                break;
            case ConsensusMessage.CheckpointSigned signed:
                Checkpointing.Take(step, signed.Checkpoint);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} is not a message of consensus.", nameof(message));
        }
    }

    // Each rule fires when its time has come, whatever it was that brought it.
    private static void GoOn(Step step)
    {
        if (step.State.View == 0)
        {
            return;
        }

        Finality.Deliver(step);
        Executions.Advance(step);
        Proposals.Judge(step);
        Leading.Propose(step);
        CatchUp.FillGaps(step);
    }
}
