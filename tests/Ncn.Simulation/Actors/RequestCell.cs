using Ncn.Coordination.Requests;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Actors;

/// <summary>What one RequestActor keeps.</summary>
internal sealed record RequestEntry(RequestState Ledger, Order? Queued, Answer? Answer)
{
    internal static RequestEntry None { get; } = new(RequestState.Empty, null, null);
}

/// <summary>A step on a request; without one it is only read.</summary>
/// <param name="Queued">Its input, where it is to wait in the queue.</param>
internal sealed record RequestCall(Order Order, Func<ulong, RequestInput>? Step, string Label, Order? Queued = null, Answer? Answer = null)
{
    public override string ToString() => $"{Label} {Order.Key}";
}

/// <summary>What became of the step, and what the actor keeps after it.</summary>
internal sealed record RequestReply(IReadOnlyList<RequestOutput> Outputs, RequestEntry Entry)
{
    public override string ToString() => $"{Entry.Ledger.Phase}";

    internal bool Is<T>()
        where T : RequestOutput => Outputs.Any(static output => output is T);
}

/// <summary>The RequestActor.</summary>
internal sealed class RequestCell(RegistryProcess host, string key) : Cell<RequestEntry>(host, key, RequestEntry.None)
{
    internal void Receive(RequestCall call, Action<RequestReply?> reply) => Enter(() => TurnAsync(call, reply));

    private async Flow TurnAsync(RequestCall call, Action<RequestReply?> reply)
    {
        if (call.Step is null)
        {
            reply(new RequestReply([], State));
            return;
        }

        var (before, input) = (State, call.Step(Now));
        var (ledger, outputs) = Host.Cores.Request(before.Ledger, input, Bounds.Retention);
        RequestInvariants.Check(Key, before.Ledger, input, ledger, outputs);
        var next = ReferenceEquals(ledger, before.Ledger) && outputs.All(static output => output is not RequestOutput.KeepAnswer)
            ? before
            : Keep(before with { Ledger = ledger }, outputs, call);
        var isDone = await Commit(next);
        Host.Say($"{call}: {(outputs.Count > 0 ? outputs[0].GetType().Name : "nothing")}{(isDone ? string.Empty : ", and the store fails")}");
        reply(isDone ? new RequestReply(outputs, next) : null);
    }

    private static RequestEntry Keep(RequestEntry entry, IReadOnlyList<RequestOutput> outputs, RequestCall call)
    {
        foreach (var output in outputs)
        {
            entry = output switch
            {
                RequestOutput.Start when call.Queued is not null => entry with { Queued = call.Queued },
                RequestOutput.KeepAnswer => entry with { Answer = call.Answer },
                RequestOutput.Forget => entry with { Queued = null, Answer = null },
                _ => entry,
            };
        }

        return entry;
    }
}
