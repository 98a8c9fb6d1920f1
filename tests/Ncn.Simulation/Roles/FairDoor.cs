using Ncn.Coordination.Admission;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>The queue before a gateway's nodes (Ncn.Serving's FairLine).</summary>
internal sealed class FairDoor(GatewayProcess gateway)
{
    private readonly Dictionary<ulong, Pending<bool>> _waiting = [];
    private readonly Actors.Cores _cores = gateway.Cores;
    private FairQueueState _state = FairQueueState.Empty(0);
    private Happening? _timer;

    internal FairQueueState State => _state;

    /// <summary>True when the applicant's turn has come, false when it is sent away.</summary>
    internal Pending<bool> Enter(Applicant applicant, int capacity)
    {
        var turn = _waiting[applicant.Id] = new Pending<bool>();
        if (capacity != _state.Capacity)
        {
            Step(new FairQueueInput.SetCapacity(gateway.Clock.Now, capacity));
        }

        Step(new FairQueueInput.Arrive(gateway.Clock.Now, applicant));
        return turn;
    }

    internal void End(Applicant applicant) => Step(new FairQueueInput.End(gateway.Clock.Now, applicant));

    private void Step(FairQueueInput input)
    {
        var before = _state;
        (_state, var outputs) = _cores.Admission(before, input, Actors.Bounds.Admission);
        gateway.Invariants.Admission.Check(gateway.Name, before, input, _state, outputs);
        SetTimer();
        foreach (var output in outputs)
        {
            if (_waiting.Remove(output.Applicant.Id, out var turn))
            {
                turn.Complete(output is FairQueueOutput.Admit);
            }
        }
    }

    private void SetTimer()
    {
        _timer?.Cancel();
        var now = gateway.Clock.Now;
        _timer = FairAdmission.NextWake(_state) is { } wake
            ? gateway.After(wake > now ? Math.Min(wake - now, 60_000) : 1, () => Step(new FairQueueInput.Tick(gateway.Clock.Now)))
            : null;
    }
}
