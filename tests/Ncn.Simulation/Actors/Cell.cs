using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Actors;

/// <summary>An actor: one turn at a time, and each is load, apply, commit, outputs (the actors of Ncn.Registry).</summary>
internal abstract class Cell<TState>
    where TState : class
{
    private readonly Queue<Func<Flow>> _mailbox = new();
    private bool _isBusy;

    protected Cell(RegistryProcess host, string key, TState empty)
    {
        (Host, Key) = (host, key);
        Empty = empty;
        State = host.Disk.Read<TState>(key) ?? empty;
    }

    protected RegistryProcess Host { get; }

    protected string Key { get; }

    protected TState Empty { get; }

    /// <summary>As the last turn left it.</summary>
    internal TState State { get; private set; }

    protected ulong Now => Host.Clock.Now;

    /// <summary>A turn, when those before it are over.</summary>
    protected void Enter(Func<Flow> turn)
    {
        if (_isBusy)
        {
            _mailbox.Enqueue(turn);
            return;
        }

        _isBusy = true;
        _ = RunAsync(turn);
    }

    /// <summary>
    /// Makes a state durable; false when the store failed, be it before or after the write: what is true then is known to the store alone.
    /// </summary>
    protected Pending<bool> Commit(TState next)
    {
        var done = new Pending<bool>();
        if (ReferenceEquals(next, State))
        {
            done.Complete(true);
            return done;
        }

        var fate = Host.StoreFate(Key);
        if (fate == StoreFate.Refused)
        {
            Host.After(1, () => done.Complete(false));
            return done;
        }

        var isBold = Host.Cores.Fault == ShellFault.ActsBeforeCommit
            || (Host.Cores.Fault == ShellFault.AnswersClientsBeforeCommit && Key.StartsWith("client", StringComparison.Ordinal));
        Host.Disk.Write(Key, next, () =>
        {
            State = isBold ? State : Host.Disk.Read<TState>(Key)!;
            done.Complete(fate == StoreFate.Done);
        });
        if (isBold)
        {
            State = next;
            done.Complete(true);
        }

        return done;
    }

    /// <summary>Takes a state that lives in memory only.</summary>
    protected void Adopt(TState next) => State = next;

    private async Flow RunAsync(Func<Flow> first)
    {
        await first();
        while (_mailbox.TryDequeue(out var turn))
        {
            await turn();
        }

        _isBusy = false;
    }
}
