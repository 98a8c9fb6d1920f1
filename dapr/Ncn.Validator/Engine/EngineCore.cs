using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Rows;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Engine;

/// <summary>The core's state, and what carries its outputs out. The engine's thread alone uses it, but for <see cref="Status"/> and <see cref="Sign"/>.</summary>
internal sealed class EngineCore : IDisposable
{
    private readonly EngineSettings _settings;
    private readonly SigningGuard _guard;
    private readonly RowLog _log;
    private readonly EngineSurroundings _around;
    private readonly OperationPool _pool;
    private readonly EngineTimers _timers;
    private readonly EngineInbox _inbox;
    private readonly SigningThread _signing;
    private readonly LedgerDesk _desk;
    private readonly RowStore _store = new();
    private readonly LogTurns _turns;
    private readonly Fetching _fetching;
    private readonly Answering _answering;
    private readonly RevealChains _reveals;
    private readonly KeptExchange _kept;
    private readonly Queue<ConsensusInput> _inputs = new();
    private readonly DiskBatch _batch;
    private readonly Gathering _gathering;
    private ConsensusState _state;
    private bool _isGiving;
    private bool _hasWork;
    private (VerifiedEpochProof Proof, Hash32 NextSet)? _closed;
    private string? _failure;

    internal EngineCore(
        EngineSettings settings, SigningGuard guard, RowLog log, LogContent content, EngineSurroundings around, OperationPool pool, EngineTimers timers, EngineInbox inbox)
    {
        (_settings, _guard, _log, _around, _pool, _timers, _inbox) = (settings, guard, log, around, pool, timers, inbox);
        (_signing, _batch, _gathering) = (new SigningThread(guard), new DiskBatch(around.Time), new Gathering(around.Time));
        _reveals = new RevealChains(guard, settings.RevealLinks, around.Log);
        _desk = new LedgerDesk(pool, around.Chain, around.Sources, _reveals.Before, around.Time);
        _turns = new LogTurns(settings, log, (guard.Key, guard.Incarnation), around.Events, around.Log);
        _fetching = new Fetching(around.Link, around.Time);
        _answering = new Answering(around.Link, _store, inbox);
        _kept = new KeptExchange(around, guard, inbox);
        _state = Restore(content);
        Published = new PublishedEpoch(_state.Epoch, null);
        Status = StatusNow();
    }

    /// <summary>What those who check signatures need to know; replaced with each epoch.</summary>
    internal PublishedEpoch Published { get; private set; }

    /// <summary>How long the next round may be away: rows wait for the next sync, operations for others; null for any time.</summary>
    internal TimeSpan? Patience => !_batch.IsEmpty ? DiskBatch.LongestHold : _gathering.Again;

    internal event Action<PublishedEpoch> EpochOpened = static _ => { };

    /// <summary>The guard has signed one of our votes.</summary>
    internal event Action<VerifiedVote> VoteSigned = static _ => { };

    /// <summary>Who waits for an operation to be final.</summary>
    internal AwaitedOperations Awaited { get; } = new();

    internal EngineStatus Status { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    internal Signed<T> Sign<T>(T message)
        where T : ITypedData => _guard.SignMessage(message);

    internal void Begin()
    {
        _log.Append(_guard.Key, _guard.Incarnation);
        Give(ConsensusInput.Started.Instance);
        Look();
        EndRound();
    }

    /// <summary>A checked message, or an answer to one of our questions.</summary>
    internal void Take(Address from, object message)
    {
        switch (message)
        {
            case ConsensusMessage received:
                Give(new ConsensusInput.Received(received));
                break;
            case WireMessage.Asked { Question: Question.OfKept or Question.OfKeptPart } or Answer:
                _kept.Take(from, message, _state.Epoch);
                break;
            case WireMessage.Asked asked:
                _answering.Answer(from, asked, _state, _desk.Delivered, _desk.DeliveredHash);
                break;
            case CheckedAnswer answer:
                _fetching.Answered(from, answer, Give);
                break;
            case LaterEpoch:
                Give(ConsensusInput.LaterEpochSeen.Instance);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} is nothing that the engine takes.", nameof(message));
        }
    }

    /// <summary>The own eyes see more: what waited for that is looked at again.</summary>
    internal void Look()
    {
        foreach (var block in _desk.Recheck())
        {
            Validate(block);
        }

        TryOpenEpoch();
        NoticeWork();
    }

    /// <summary>One step of the core, and of what follows from it at once.</summary>
    internal void Give(ConsensusInput input)
    {
        _inputs.Enqueue(input);
        if (_isGiving)
        {
            return;
        }

        _isGiving = true;
        while (_inputs.TryDequeue(out var next))
        {
            (_state, var outputs) = ConsensusCore.Apply(_state, next);
            foreach (var output in outputs)
            {
                CarryOut(output);
            }
        }

        _isGiving = false;
    }

    /// <summary>Everything that waits for the disk goes there, until nothing does but rows that can wait.</summary>
    internal void EndRound()
    {
        NoticeWork();
        while (_batch.IsDue)
        {
            Flush();
            _around.Link.Flush();
            NoticeWork();
        }

        NoticeEnd();
        _kept.Look(_state.Epoch);
        _around.Link.Flush();

        _turns.AfterRound(_state, _desk, _store);
        Status = StatusNow();
    }

    internal void Fail(Exception failure)
    {
        _failure = failure.Message;
        Status = StatusNow();
        _around.Log.LogCritical(failure, "The validator has stopped.");
    }

    public void Dispose()
    {
        _signing.Dispose();
        _turns.Dispose();
        _log.Dispose();
        _guard.Dispose();
    }

    private ConsensusState Restore(LogContent content)
    {
        foreach (var row in content.Rows)
        {
            _store.Take(row);
        }

        var epoch = content.Epoch with { Own = content.Epoch.Set.IndexOf(_guard.Key) };
        _turns.Begin(content);
        _answering.Begin(content);
        _desk.Set(content.At.Hash, content.Ledger);
        _reveals.Look(content.Ledger);
        OwnVoteCheck.Require(_guard, epoch, _store.Certificates);
        var open = content.Earlier.Where(ended => ended.Key > content.Ledger.AcknowledgedEpoch())
            .Select(ended => new ClosedEpoch(ended.Key, ended.Value.Set, ended.Value.Set.IndexOf(_guard.Key), ended.Value.Proof.End));
        return ConsensusState.Restore(epoch, _guard.Signed, _store.Certificates, _store.Blocks.Where(block => block.View > content.At.View), content.At, _settings.Limits, open);
    }

    // The rows' sync and the guard's run side by side (rule C2): what is signed leaves when both are done.
    private void Flush()
    {
        var work = _batch.Take();
        var isBeside = work.IsSigning && work.Rows.Length > 0;
        if (isBeside)
        {
            _signing.Begin(work.ToSign);
        }

        if (work.Rows.Length > 0)
        {
            _log.Append(work.Rows, _settings.Network);
            Array.ForEach(work.Rows, _store.Take);
        }

        var signed = isBeside ? _signing.Wait() : work.IsSigning ? SigningThread.Sign(_guard, work.ToSign) : null;
        if (work.Rows.Length > 0)
        {
            Give(new ConsensusInput.Persisted(work.Written));
        }

        if (signed is not null)
        {
            GiveSigned(work.Votes, work.Checkpoints, signed);
        }
    }

    // The epoch may have ended since a vote was asked for: then nobody wants it. A checkpoint may be of the one before, where the own place is another.
    private void GiveSigned(Vote[] votes, ConsensusOutput.SignCheckpoint[] checkpoints, SigningResult result)
    {
        for (var i = 0; i < votes.Length && votes[i].Epoch == _state.Epoch.Number; i++)
        {
            if (result.Votes[i] is not { } signature)
            {
                Give(new ConsensusInput.SignRefused($"{votes[i]} contradicts what the guard has signed"));
                continue;
            }

            var vote = VerifiedVote.Trust(votes[i], _state.Epoch.Own!.Value, signature);
            VoteSigned(vote);
            Give(new ConsensusInput.Signed(vote));
        }

        for (var i = 0; i < checkpoints.Length; i++)
        {
            if (result.Checkpoints[i] is { } signature)
            {
                Give(new ConsensusInput.SignedCheckpoint(VerifiedCheckpoint.Trust(checkpoints[i].Checkpoint, checkpoints[i].Signer, signature)));
            }
        }
    }

    private void CarryOut(ConsensusOutput output)
    {
        switch (output)
        {
            case ConsensusOutput.Persist persist:
                _batch.Add(persist);
                break;
            case ConsensusOutput.Sign sign:
                _batch.Add(sign.Vote);
                break;
            case ConsensusOutput.SignCheckpoint sign:
                _batch.Add(sign);
                break;
            case ConsensusOutput.RaiseFloor raise:
                _guard.RaiseFloor(raise.Epoch, raise.Floor);
                break;
            case ConsensusOutput.Send send:
                _around.Link.Send(send, _state.Epoch.Set);
                break;
            case ConsensusOutput.SetTimer timer:
                _timers.Set(timer.Timer, timer.Milliseconds);
                break;
            case ConsensusOutput.Fetch fetch:
                _fetching.Ask(fetch, _state.Epoch);
                break;
            default:
                CarryOutLedger(output);
                break;
        }
    }

    private void CarryOutLedger(ConsensusOutput output)
    {
        switch (output)
        {
            case ConsensusOutput.Build build:
                if (_desk.Build(build, _state.Epoch, _guard.Key) is { } content)
                {
                    _gathering.Begun(build.View, content.Operations.Length);
                    Give(new ConsensusInput.Built(build.View, content));
                }

                break;
            case ConsensusOutput.Validate validate:
                Validate(validate.Block);
                break;
            case ConsensusOutput.Decided decided:
                Awaited.Decided(decided.Block);
                _gathering.Decided(decided.Block.View, decided.Block.Operations.Length, _pool.FreeCount);
                break;
            case ConsensusOutput.Deliver deliver:
                Deliver(deliver.Block);
                break;
            case ConsensusOutput.Restore restore:
                _desk.Set(restore.Snapshot.Block.Hash, restore.Snapshot.Ledger);
                _turns.Restored(restore.Snapshot.Block);
                _around.Events.Restored(restore.Snapshot.Block, restore.Snapshot.Ledger);
                break;
            case ConsensusOutput.EpochClosed closed:
                _closed = (closed.Proof, closed.NextSet);
                TryOpenEpoch();
                break;
            case ConsensusOutput.SubmitCheckpoint submit:
                _around.Events.CheckpointReady(submit.Checkpoint, submit.Signatures);
                break;
            case ConsensusOutput.Accuse accuse:
                _around.Events.Accused(accuse.Evidence, accuse.Key);
                break;
            case ConsensusOutput.SafetyHalt halt:
                _around.Log.LogCritical("Nothing is signed any more: {Reason}", halt.Reason);
                _around.Events.Halted(halt.Reason);
                break;
            default:
                throw new ArgumentException($"{output.GetType().Name} is no output of consensus.", nameof(output));
        }
    }

    private void Validate(Block block)
    {
        if (_desk.Validate(block, _state.Epoch) is { } isValid)
        {
            _gathering.Begun(block.View, isValid ? block.Operations.Length : 0);
            Give(new ConsensusInput.Validated(block.Hash, isValid));
        }
    }

    private void Deliver(Block block)
    {
        _desk.Deliver(block, _state.Epoch);
        _store.Delivered(block);
        _turns.Delivered(block);
        _reveals.Look(_desk.Delivered);
        BeReady();
        _around.Events.Delivered(block, _state.Epoch, _desk.Delivered);
    }

    private void BeReady()
    {
        if (_reveals.Readiness(_desk.Delivered) is { } ready && _pool.Add(SignedOperation.Trust(ready.Operation, ready.Signature)) == Admission.Taken)
        {
            _around.Link.SendAll(new WireMessage.Operations(_state.Epoch.Number, [ready]));
        }
    }

    private void NoticeWork()
    {
        if (_gathering.IsReady(_pool.FreeCount) != _hasWork)
        {
            _hasWork = !_hasWork;
            Give(new ConsensusInput.WorkAvailable(_hasWork));
        }
    }

    // P3: the chain tells a late one that its epoch is over, also when nobody else says anything.
    private void NoticeEnd()
    {
        if (_state.End is null && _around.Chain.EndedEpoch >= _state.Epoch.Number)
        {
            Give(ConsensusInput.LaterEpochSeen.Instance);
        }
    }

    // P2: as soon as the next set is known here; the chain may show it later than the others.
    private void TryOpenEpoch()
    {
        if (_closed is not var (proof, nextSet))
        {
            return;
        }

        if ((nextSet == _state.Epoch.Set.Hash ? _state.Epoch.Set : _around.Chain.FindSet(nextSet)) is not { } set)
        {
            _around.Log.LogInformation("Epoch {Epoch} is over, and the chain does not show the set {Set} of the next one here yet.", _state.Epoch.Number, nextSet);
            return;
        }

        _closed = null;
        var (ended, next) = (_state.Epoch, _settings.EpochAfter(proof.End, _desk.Delivered, set));
        next = next with { Own = set.IndexOf(_guard.Key) };
        _answering.Ended(new EndedEpoch(ended.Set, proof), _desk.Delivered);
        _store.BeginEpoch();
        _turns.BeginEpoch(next, _desk.Delivered, new EndedEpoch(ended.Set, proof));
        _desk.Set(next.Anchor.Hash, _desk.Delivered);
        _fetching.Clear();
        _gathering.Clear();
        _reveals.Look(_desk.Delivered);
        Published = new PublishedEpoch(next, ended);
        EpochOpened(Published);
        _around.Events.EpochOpened(next);
        _around.Log.LogInformation("Epoch {Epoch} begins at height {Height} with {Count} validators; this one {Role}.", next.Number, next.Anchor.Height, set.Members.Length, next.Own is null ? "follows" : "votes");
        Give(new ConsensusInput.EpochOpened(next));
    }

    private EngineStatus StatusNow() => new(
        _state.Epoch, _state.View, _state.Final?.View ?? 0, _state.Delivered, _desk.Delivered, _state.HaltReason, _failure, _state.Accused, _pool.Count, _inbox.Dropped);
}
