using Ncn.Coordination.Dispatch;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>What a node tells a gateway of an attempt.</summary>
internal abstract record NodeNote(ulong Run, uint Attempt)
{
    /// <summary>Its first token.</summary>
    internal sealed record Begun(ulong Run, uint Attempt) : NodeNote(Run, Attempt);

    /// <summary>Its end, signed.</summary>
    internal sealed record Done(ulong Run, uint Attempt, JobReceipt Receipt, ulong Took) : NodeNote(Run, Attempt);

    /// <summary>It will not run it.</summary>
    /// <param name="Proven">What the node has charged in all, proven by its last receipt, when the voucher was too low for it.</param>
    internal sealed record Refused(ulong Run, uint Attempt, TokenAmount? Proven) : NodeNote(Run, Attempt);
}

/// <summary>How a run ended.</summary>
internal enum RunFate
{
    Done,
    NoRoom,
    Failed,
}

/// <summary>How a run ended, and with what.</summary>
internal sealed record RunEnd(RunFate Fate, JobReceipt? Receipt);

/// <summary>A gateway's dispatcher and the runs that it drives (Ncn.Serving's DispatchDesk and DispatchedRun).</summary>
internal sealed class DispatchBoard(GatewayProcess gateway)
{
    private readonly Dictionary<ulong, DirectRun> _runs = [];
    private DispatchState _state = DispatchState.Empty;
    private ulong _lastRun;

    internal DispatchState State => _state;

    internal int Running => _runs.Count;

    /// <summary>Runs an order on a node.</summary>
    internal Pending<RunEnd> Run(Order order)
    {
        // Unique over all lives: a node may still speak of one that this process has forgotten.
        var number = ((ulong)gateway.Index << 56) + ((ulong)gateway.Life << 40) + ++_lastRun;
        var run = _runs[number] = new DirectRun(gateway, this, number, order);
        run.Begin();
        return run.End;
    }

    internal void Receive(NodeNote note)
    {
        if (_runs.TryGetValue(note.Run, out var run))
        {
            run.Receive(note);
        }
    }

    internal void Forget(ulong run) => _runs.Remove(run);

    internal IReadOnlyList<DispatchOutput> Apply(DispatchInput input)
    {
        var before = _state;
        (_state, var outputs) = gateway.Cores.Dispatch(before, input, Actors.Bounds.Dispatch);
        gateway.Invariants.Dispatch.Check(gateway.Name, before, input, _state, outputs);
        return outputs;
    }
}
