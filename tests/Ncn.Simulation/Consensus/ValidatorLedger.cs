using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Simulation.Verification;

namespace Ncn.Simulation.Consensus;

/// <summary>A member of the next set is ready; signed, and passed on to everybody.</summary>
internal sealed record ReadyNote(Operation.BeReady Ready)
{
    public override string ToString() => "ready";
}

/// <summary>An operation that somebody has signed.</summary>
internal sealed record OperationNote(SignedOperation Signed)
{
    public override string ToString() => $"{Signed.Operation.GetType().Name}";
}

/// <summary>The shell's ledger: blocks are built, judged and delivered, epochs follow each other, the chain is looked at.</summary>
internal sealed partial class ValidatorProcess
{
    private const ulong BeatInterval = 1_500;
    private const ulong LookAgain = 200;
    private const int MostReady = 200;
    private const int MostOperations = 300;
    private readonly List<Operation.BeReady> _ready = [];
    private readonly List<SignedOperation> _pool = [];
    private bool _hasWork;

    /// <summary>Its verification of work; null where there is none.</summary>
    internal VerifierDesk? Desk { get; set; }

    private void CarryOutLedger(ConsensusOutput output)
    {
        switch (output)
        {
            case ConsensusOutput.Build build:
                Build(build);
                break;
            case ConsensusOutput.Validate validate:
                Validate(validate.Block);
                break;
            case ConsensusOutput.Decided decided when IsHonest:
                _network.Invariants.Decided(Name, decided.Block);
                break;
            case ConsensusOutput.Deliver deliver:
                Deliver(deliver.Block);
                break;
            case ConsensusOutput.Restore restore:
                _ledger = LedgerTree.At(restore.Snapshot.Block.Hash, restore.Snapshot.Ledger);
                Desk?.Restored(restore.Snapshot.Block);
                Keep(restore.Snapshot.Block);
                Say($"goes on from a snapshot of height {restore.Snapshot.Block.Height}");
                break;
            case ConsensusOutput.EpochClosed closed:
                Open(closed.Proof.End);
                break;
            case ConsensusOutput.Accuse accuse when IsHonest:
                Say($"accuses {accuse.Evidence}");
                _network.Invariants.Accuse(Name, accuse.Evidence, accuse.Key, SetOf(accuse.Evidence.Epoch), _network.IsHonest);
                break;
            case ConsensusOutput.SubmitCheckpoint submit when IsHonest:
                _disk.Keep(_disk.Submissions.Add(submit));
                Submit(submit);
                break;
            case ConsensusOutput.SafetyHalt halt when IsHonest:
                Say($"halts: {halt.Reason}");
                _network.Invariants.Halted(Name, halt.Reason);
                break;
            default:
                break;
        }
    }

    // Evidence may be of an epoch that is over.
    private ValidatorSet SetOf(ulong epoch) =>
        epoch == _epoch.Number ? _epoch.Set : epoch == 1 ? _network.Profile.First : _network.Registry.SetOf(_disk.Durable.Proofs[epoch - 1].End.Header.Roots.NextSet);

    private IEnumerable<ClosedEpoch> Closed(Rows rows)
    {
        for (var number = _ledger.Delivered.AcknowledgedEpoch() + 1; number < _epoch.Number; number++)
        {
            var set = SetOf(number);
            yield return new ClosedEpoch(number, set, set.IndexOf(Key), rows.Proofs[number].End);
        }
    }

    private EpochSettings Next(Block end)
    {
        var set = _network.Registry.SetOf(end.Header.Roots.NextSet);
        var number = _epoch.Number + 1;
        var seed = LeaderSchedule.NextSeed(_epoch.Leaders.Seed, _ledger.Delivered.Reveals, Names.Content(number), number);
        return new EpochSettings(_epoch.Network, number, set, set.IndexOf(Key), _network.Leaders(set, seed), EpochSettings.After(end), _epoch.EndHeight + _network.Profile.EpochLength);
    }

    private void Open(Block end)
    {
        var next = Next(end);
        _disk.Open(next, () =>
        {
            if (State.End is not null && _epoch.Number + 1 == next.Number)
            {
                (_epoch, _ledger) = (next, LedgerTree.At(_ledger.Hash, _ledger.Delivered));
                Frames?.Open(next);
                Say($"opens epoch {next.Number} of {next.Set.Members.Length} validators{(next.Own is null ? ", itself none of them" : string.Empty)}");
                Give(new ConsensusInput.EpochOpened(next));
            }
        });
    }

    private void Build(ConsensusOutput.Build build)
    {
        var time = Math.Max(Clock.Now, build.Parent.Context.Time);
        var place = new BlockPlace(_epoch, build.Kind, Key, new BlockContext(0, default, default, time));
        ImmutableArray<Operation> operations =
        [
            new Operation.AnnounceNode(_network.Profile.Keys.AreSigning ? Key : Names.Node(Number), (_epoch.Number << 32) + build.View, Names.Content(build.View)), .. Observations(), .. _ready,
            .. Desk?.Observed(_ledger.Find(build.Parent.Hash)!) ?? [], .. _pool.Select(static signed => signed.Operation),
        ];
        var content = LedgerExecution.Build(_ledger.Find(build.Parent.Hash)!, place, operations.Select(_network.Profile.Keys.Sign));
        After(1, () => Give(new ConsensusInput.Built(build.View, content)));
    }

    private IEnumerable<Operation> Observations()
    {
        var registry = _network.Registry;
        if (_voice?.Invented() is { } invented)
        {
            yield return invented;
        }

        if (registry.Snapshots.LastOrDefault(snapshot => snapshot.Id > 1 && _network.Sees(this, snapshot.At)) is { } newest)
        {
            yield return new Operation.ObserveSet(newest.Id, newest.Set.Members);
        }

        if (registry.Accepted.LastOrDefault(accepted => !accepted.Checkpoint.NextSetHash.IsZero && _network.Sees(this, accepted.At)) is { } end)
        {
            yield return new Operation.ObserveCheckpoint(end.Checkpoint.Epoch);
        }
    }

    // What the own view of the chain does not show yet has no answer yet (rule V3).
    private void Validate(Block block)
    {
        var epoch = _epoch.Number;
        var seen = block.Operations.Select(static operation => operation.Operation).Select(operation => Judge(operation, block)).DefaultIfEmpty(Sight.True).Min();
        if (seen == Sight.NotYet)
        {
            After(LookAgain, () =>
            {
                if (_epoch.Number == epoch && State.Tree[block.Hash] is not null && _ledger.Find(block.Header.ParentHash) is not null)
                {
                    Validate(block);
                }
            });
            return;
        }

        var isValid = false;
        if (seen == Sight.True)
        {
            (_ledger, isValid) = _ledger.Validate(block, _epoch);
        }

        After(1, () => Give(new ConsensusInput.Validated(block.Hash, isValid)));
    }

    private Sight Judge(Operation operation, Block block) => operation switch
    {
        Operation.ObserveFunds or Operation.ObserveRewards => Desk?.Judge(operation, _ledger.Find(block.Header.ParentHash)) switch { true => Sight.True, false => Sight.False, _ => Sight.NotYet },
        Operation.ObserveSet observed => _network.Registry.Snapshots.FirstOrDefault(snapshot => snapshot.Id == observed.Snapshot && _network.Sees(this, snapshot.At)) is not { } known ? Sight.NotYet
            : known.Set.Members.SequenceEqual(observed.Members) ? Sight.True : Sight.False,
        Operation.ObserveCheckpoint observed => _network.Registry.Accepted.Any(accepted =>
            accepted.Checkpoint.Epoch == observed.Epoch && !accepted.Checkpoint.NextSetHash.IsZero && _network.Sees(this, accepted.At)) ? Sight.True : Sight.NotYet,
        _ => Sight.True,
    };

    private void Deliver(Block block)
    {
        if (IsHonest)
        {
            _network.Invariants.Delivered(Name, block, _height);
        }

        _ledger = _ledger.Deliver(block, _epoch);
        Desk?.Delivered(block, _epoch);
        Keep(block);
        Say($"delivers height {block.Height} of view {block.View}");
        if (Desk is not null)
        {
            var done = block.Operations.Select(static signed => signed.Hash).ToHashSet();
            _pool.RemoveAll(signed => done.Contains(signed.Hash) || !IsWanted(signed.Operation));
            After(1, SayOwed);
        }
    }

    private void Keep(Block block)
    {
        _height = block.Height;
        _disk.Keep(new Ledger(_ledger.Delivered, Ancestor.Of(block), Desk?.Kept));
    }

    private void Submit(ConsensusOutput.SubmitCheckpoint submit)
    {
        if (_network.Submit(submit))
        {
            _disk.Keep(_disk.Submissions.Remove(submit));
        }
    }

    // A reminder: what the chain did not take yet is submitted again; a member of the newest set says that it is ready until it is in it.
    private async Flow BeatAsync()
    {
        while (true)
        {
            await Sleep(BeatInterval);
            foreach (var submission in _disk.Submissions)
            {
                Submit(submission);
            }

            var newest = _network.Registry.Snapshots[^1];
            if (newest.Id > 1 && newest.Set.Hash != _epoch.Set.Hash && newest.Set.IndexOf(Key) is not null && _network.Sees(this, newest.At) && Strategy != Strategy.NotReady)
            {
                SayReady(new ReadyNote(new Operation.BeReady(Key, newest.Set.Hash, default)));
            }

            SayOwed();
            _voice?.Beat();
        }
    }

    private void SayReady(ReadyNote ready)
    {
        Hear(ready);
        foreach (var other in _network.All.Where(other => other != this))
        {
            Tell(other, ready);
        }
    }

    private void SayOwed()
    {
        foreach (var operation in Desk?.Owed().ToArray() ?? [])
        {
            var note = new OperationNote(SignedOperation.Trust(operation, default));
            Hear(note);
            foreach (var other in _network.All.Where(other => other != this))
            {
                Tell(other, note);
            }
        }

        Work(_hasWork);
    }

    private void Hear(OperationNote note)
    {
        if (Desk is not null && IsWanted(note.Signed.Operation) && !_pool.Exists(other => other.Hash == note.Signed.Hash))
        {
            _pool.Add(note.Signed);
            _pool.RemoveRange(0, Math.Max(0, _pool.Count - MostOperations));
            Work(_hasWork);
        }
    }

    // What the ledger would refuse, or nobody waits for any more, does not wait for a block.
    private bool IsWanted(Operation operation) =>
        LedgerRules.Apply(_ledger.Delivered, operation) is not null;

    private void Hear(ReadyNote ready)
    {
        if (_ready.Count < MostReady && !_ready.Contains(ready.Ready))
        {
            _ready.Add(ready.Ready);
        }
    }

    /// <summary>What the own view of the chain says of an observation.</summary>
    private enum Sight
    {
        False,
        NotYet,
        True,
    }
}
