using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>One step under way: the state so far, what is to be done, and which rows are to be durable.</summary>
internal sealed class Step(ConsensusState state)
{
    private readonly List<ConsensusOutput> _outputs = [];
    private readonly List<DurableRow> _rows = [];

    internal ConsensusState State { get; set; } = state;

    internal EpochSettings Epoch => State.Epoch;

    internal ConsensusLimits Limits => State.Limits;

    internal void Output(ConsensusOutput output) => _outputs.Add(output);

    internal void SendAll(ConsensusMessage message) => Output(new ConsensusOutput.Send(null, message));

    internal void Persist(DurableRow row) => _rows.Add(row);

    /// <summary>Comes out when every row so far is durable.</summary>
    internal void OutputAfterRows(ConsensusOutput output)
    {
        var disk = State.Durability;
        if (WrittenSoFar <= disk.Confirmed)
        {
            Output(output);
        }
        else
        {
            State = State with { Durability = disk with { Held = disk.Held.Add((WrittenSoFar, output)) } };
        }
    }

    /// <summary>For what needs the ledger's state after a block: it comes out after the Deliver of that block, if the shell has the state from nowhere else.</summary>
    internal void OutputOnLedger(Hash32 parent, ConsensusOutput output)
    {
        if (parent == State.Tree.Root.Hash && !State.Tree.IsRootExecuted)
        {
            OutputAfterRows(output);
        }
        else
        {
            Output(output);
        }
    }

    /// <summary>
    /// Asks the guard for a vote, if the own rows allow it; it is cast when it is signed and every row so far is durable (rule C2). True when
    /// it was asked for.
    /// </summary>
    internal bool TrySign(Vote vote)
    {
        if (!State.IsVoting || !State.Guard.Allows(vote) || IsUnderWay(vote))
        {
            return false;
        }

        State = State with
        {
            Guard = State.Guard.With(vote),
            Durability = State.Durability with { Signing = State.Durability.Signing.SetItem(vote, WrittenSoFar) },
        };
        Output(new ConsensusOutput.Sign(vote));
        return true;
    }

    internal void Want(Wanted what, SignerBits holders)
    {
        if (State.Asked.Count < Limits.MaxFetches && !State.Asked.Contains(what))
        {
            State = State with { Asked = State.Asked.Add(what) };
            Output(new ConsensusOutput.Fetch(what, holders));
        }
    }

    /// <summary>Rules V11 and C3.</summary>
    internal void Halt(string reason)
    {
        if (State.HaltReason is null)
        {
            State = State with { HaltReason = reason };
            Output(new ConsensusOutput.SafetyHalt(reason));
        }
    }

    internal (ConsensusState State, IReadOnlyList<ConsensusOutput> Outputs) Finish()
    {
        if (_rows.Count > 0)
        {
            State = State with { Durability = State.Durability with { Written = WrittenSoFar } };
            _outputs.Insert(0, new ConsensusOutput.Persist(State.Durability.Written, [.. _rows]));
        }

        return (State, _outputs);
    }

    // Signed and cast, signed and waiting for the disk, or at the guard. What the guard knows and this life has not cast is asked for again (rule G4).
    private bool IsUnderWay(Vote vote) =>
        State.Durability.Signing.ContainsKey(vote) || State.Durability.Signed.Any(held => held.Vote.Vote == vote)
        || State.VotesOf(vote.View).SignersOf(vote.Kind, vote.BlockHash).Contains(State.Epoch.Own!.Value);

    private ulong WrittenSoFar => State.Durability.Written + (_rows.Count > 0 ? 1UL : 0);
}
