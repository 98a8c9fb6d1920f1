using Ncn.Coordination.Batches;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>Drives batches as a gateway's BatchRunner does: create, claim, settle, finish; whoever loses the lease stops.</summary>
internal sealed class BatchRunnerProcess(World world, int number, RegistryProcess registry) : Process(world, $"runner {number}")
{
    private const ulong Patience = 1_500;
    private const ulong Window = 60_000;
    private readonly HashSet<ulong> _driven = [];

    internal override void Start() => _driven.Clear();

    internal void Drive(ulong batch, int lines, bool isCancelled)
    {
        if (IsUp && _driven.Add(batch))
        {
            _ = DriveAsync(batch, lines, isCancelled);
        }
    }

    private async Flow DriveAsync(ulong batch, int lines, bool isCancelled)
    {
        await AskAsync(batch, now => new BatchInput.Create(now, Names.Content(batch), lines, now + Window), "create");
        var claimed = await AskAsync(batch, now => new BatchInput.Claim(now, Name), "claim");
        for (var turns = 0; turns < 12 && claimed?.Outcome == BatchOutcome.Accepted; turns++)
        {
            var (state, token) = (claimed.State, claimed.State.LeaseToken);
            var open = Enumerable.Range(0, state.Lines).Where(line => !state.IsSettled(line)).Take(1 + (int)World.Below(8)).ToArray();
            var settled = open.Select(line => new SettledLine(line, World.Below(5) != 0, default)).ToArray();
            if (World.Below(6) == 0)
            {
                // Its lines took longer than its lease.
                await Sleep(Bounds.Batch.LeaseMilliseconds + World.Below(2_000));
            }

            await AskAsync(batch, now => new BatchInput.Settle(now, token, settled), "settle lines of");
            if (isCancelled && turns == 1)
            {
                await AskAsync(batch, static now => new BatchInput.Cancel(now), "cancel");
            }

            await Sleep(World.Below(1_200));
            if (open.Length == 0 && (await AskAsync(batch, now => new BatchInput.Finish(now, token), "finish"))?.Outcome is BatchOutcome.Accepted or BatchOutcome.Ended)
            {
                break;
            }

            claimed = await AskAsync(batch, now => new BatchInput.Claim(now, Name), "claim");
        }

        _driven.Remove(batch);
    }

    private async Flow<BatchReply?> AskAsync(ulong batch, Func<ulong, BatchInput> step, string label) =>
        await Ask(registry, new BatchCall(batch, step, label), Patience) as BatchReply;
}
