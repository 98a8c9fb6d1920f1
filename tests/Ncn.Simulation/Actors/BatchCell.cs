using Ncn.Coordination.Batches;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Actors;

/// <summary>A step on a batch.</summary>
internal sealed record BatchCall(ulong Number, Func<ulong, BatchInput> Step, string Label)
{
    public override string ToString() => $"{Label} batch {Number}";
}

/// <summary>How it ended, and the batch after it.</summary>
internal sealed record BatchReply(BatchOutcome Outcome, BatchState State);

/// <summary>The BatchActor.</summary>
internal sealed class BatchCell(RegistryProcess host, string key) : Cell<BatchState>(host, key, BatchState.Empty)
{
    internal void Receive(BatchCall call, Action<BatchReply?> reply) => Enter(() => TurnAsync(call.Step, reply));

    private async Flow TurnAsync(Func<ulong, BatchInput> step, Action<BatchReply?> reply)
    {
        var (before, input) = (State, step(Now));
        var (next, outputs) = Host.Cores.Batch(before, input, Bounds.Batch);
        BatchInvariants.Check(Key, before, input, next);
        var isDone = await Commit(next);
        var outcome = outputs.OfType<BatchOutput.Reply>().FirstOrDefault()?.Outcome;
        reply(isDone && outcome is { } known ? new BatchReply(known, next) : null);
    }
}
