using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Rows;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Engine;

/// <summary>
/// A validator at work: one thread around the consensus core. A round: (1) take all that waits, (2) one step of the core for each, (3) one
/// append and sync of all rows, beside it one of the guard's, (4) what waited for them goes on; again from 2 until nothing is left but rows
/// that can wait for the next sync.
/// </summary>
/// <remarks>
/// Signatures are checked before anything gets here, on the threads of the connections. What the core gives out is carried out in its order;
/// it holds back itself what waits for the disk. A disk that fails stops the engine: it never goes on with rows that may not be there.
/// </remarks>
internal sealed class ValidatorEngine : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly EngineInbox _inbox;
    private readonly EngineCore _core;
    private readonly MessageIntake _intake;
    private readonly EngineTimers _timers;
    private readonly IEngineEvents _events;
    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <param name="guard">Taken over; disposed with the engine.</param>
    /// <param name="log">Taken over; disposed with the engine.</param>
    internal ValidatorEngine(EngineSettings settings, SigningGuard guard, RowLog log, LogContent content, EngineSurroundings around)
    {
        (_events, _inbox, _timers) = (around.Events, new EngineInbox(), new EngineTimers(around.Time));
        Pool = new OperationPool();
        _core = new EngineCore(settings, guard, log, content, around, Pool, _timers, _inbox);
        _intake = new MessageIntake(settings, _core.Published, Pool, _inbox, _core.Take, around.Link);
        _core.EpochOpened += _intake.Open;
        _core.VoteSigned += _intake.Remember;
        _thread = new Thread(Run) { IsBackground = true, Name = "validator engine" };
    }

    /// <summary>Operations that wait for a block.</summary>
    internal OperationPool Pool { get; }

    /// <summary>How things stand; from any thread.</summary>
    internal EngineStatus Status => _core.Status;

    internal void Start() => _thread.Start();

    /// <summary>A message of another validator, on its connection's thread: signatures are checked here (<see cref="LinkReceiver"/>).</summary>
    /// <returns>False when a signature in it is none.</returns>
    internal bool Receive(Address from, WireMessage message) => _intake.Receive(from, message);

    /// <summary>An operation for the ledger; null when its signature is not its author's, or it is an observation, which nobody may send.</summary>
    internal Admission? Submit(ClaimedOperation claimed) => _intake.Submit(claimed);

    /// <summary>Completes when the operation is final; ask before it is submitted.</summary>
    /// <exception cref="OperationCanceledException">It is not, so far.</exception>
    internal Task FinalAsync(ClaimedOperation claimed, CancellationToken cancellationToken) =>
        _core.Awaited.FinalAsync(SignedOperation.Trust(claimed.Operation, claimed.Signature).Hash, cancellationToken);

    /// <summary>The own view of the chain, or of the work, has moved on.</summary>
    internal void Look() => _inbox.Post(_core.Look);

    /// <summary>A message of the network's domain under the validator's key; votes and checkpoints are not signed this way.</summary>
    internal Signed<T> Sign<T>(T message)
        where T : ITypedData => _core.Sign(message);

    public void Dispose()
    {
        _isStopping = true;
        _inbox.Close();
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            _core.Dispose();
        }
        else if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        try
        {
            Work();
        }
        catch (Exception failure)
        {
            _core.Fail(failure);
            _inbox.Close();
            _events.Failed(failure);
        }
        finally
        {
            _core.Dispose();
        }
    }

    private void Work()
    {
        var spare = new List<Action>(256);
        _core.Begin();
        while (!_isStopping)
        {
            var patience = _core.Patience;
            var taken = _inbox.Take(spare, _timers.Wait(patience ?? (_intake.HasDeferred ? MessageIntake.Patience : LongestWait)));
            foreach (var work in taken)
            {
                work();
            }

            while (_timers.Next() is { } timer)
            {
                _core.Give(new ConsensusInput.TimerFired(timer));
            }

            if (taken.Count == 0 && patience is null)
            {
                _intake.CheckDeferred();
            }

            _intake.Relay();
            _core.EndRound();
            spare = taken;
        }
    }
}

/// <summary>What is around an engine.</summary>
/// <param name="Sources">What the ledger is told of, the chain among them.</param>
internal sealed record EngineSurroundings(
    IValidatorLink Link, IChainView Chain, IReadOnlyList<IObservationSource> Sources, IEngineEvents Events, TimeProvider Time, ILogger Log)
{
    /// <summary>What follows from the blocks and is kept beside the ledger.</summary>
    internal IKeptState Kept { get; init; } = NothingKept.Instance;
}
