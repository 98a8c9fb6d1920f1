using System.Collections.Immutable;
using Ncn.Coordination.Dispatch;
using Ncn.Coordination.Mempool;
using Ncn.Coordination.Subnets;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Actors;

/// <summary>A step on the subnet's membership.</summary>
internal sealed record SubnetCall(Func<ulong, SubnetInput> Step, string Label)
{
    public override string ToString() => Label;
}

/// <summary>A gateway asks for the subnet's nodes, unless they are as it has them.</summary>
internal sealed record SnapshotCall(ulong Known)
{
    public override string ToString() => "who is there?";
}

/// <summary>The subnet's nodes as gateways route by them.</summary>
internal sealed record Snapshot(ulong Version, ImmutableArray<DispatchOffer> Offers, int Slots)
{
    public override string ToString() => $"{Offers.Length} nodes";
}

/// <summary>The SubnetActor: members are durable, loads are told again.</summary>
internal sealed class SubnetCell : Cell<SubnetState>
{
    internal SubnetCell(RegistryProcess host, string key)
        : base(host, key, SubnetState.Empty)
    {
        var (revived, _) = host.Cores.Subnet(State, new SubnetInput.Restart(host.Clock.Now), Bounds.Subnet);
        SubnetInvariants.Restarted(State, revived);
        Adopt(revived);
    }

    internal void Receive(SubnetCall call, Action<NodeOutcome?> reply) => Enter(() => TurnAsync(call.Step, reply));

    internal void Read(SnapshotCall call, Action<Snapshot?> reply) => Enter(() => ReadAsync(call, reply));

    private async Flow ReadAsync(SnapshotCall call, Action<Snapshot?> reply)
    {
        await TurnAsync(static now => new SubnetInput.Tick(now), null);
        reply(State.Version == call.Known ? null : View(State));
    }

    private static Snapshot View(SubnetState state)
    {
        var offers = ImmutableArray.CreateBuilder<DispatchOffer>(state.Members.Count);
        var slots = 0;
        foreach (var (node, record) in state.Members)
        {
            slots += (int)record.Slots;
            var load = state.Loads[node];
            if (load.Standing != MemberStanding.Ejected)
            {
                offers.Add(new DispatchOffer(record, record.Models[0], load.IsDraining ? 0 : load.FreeSlots, load.Queued) { Standing = load.Standing });
            }
        }

        return new Snapshot(state.Version, offers.ToImmutable(), slots);
    }

    private async Flow TurnAsync(Func<ulong, SubnetInput> step, Action<NodeOutcome?>? reply)
    {
        var (before, input) = (State, step(Now));
        var (next, outputs) = Host.Cores.Subnet(before, input, Bounds.Subnet);
        SubnetInvariants.Check(before, input, next, outputs);
        var isDurable = !ReferenceEquals(next.Members, before.Members) || !ReferenceEquals(next.Departed, before.Departed)
            || next.Mirror != before.Mirror || next.Policies != before.Policies;
        if (isDurable && !await Commit(next))
        {
            reply?.Invoke(null);
            return;
        }

        Adopt(next);
        foreach (var output in outputs)
        {
            if (output is SubnetOutput.ReportFreeSlots report)
            {
                Host.Tell(Host, new PoolCall(now => new MempoolInput.SetFreeSlots(now, report.FreeSlots), $"{report.FreeSlots} free slots"));
            }
            else if (output is SubnetOutput.Reply made)
            {
                reply?.Invoke(made.Outcome);
            }
        }
    }
}
