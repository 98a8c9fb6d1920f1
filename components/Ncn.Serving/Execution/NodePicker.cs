using System.Security.Cryptography;
using Ncn.Protocol;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>Finds the node for a run's next attempt.</summary>
public sealed class NodePicker(RoutingTable routing, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>The node; null when none has room. A request that has begun waits a little: a crashed node is soon back, and the client keeps what it has.</summary>
    internal async Task<Candidate?> PickAsync(RunPlan plan, RunProgress progress, TokenAmount nodeCeiling, CancellationToken stop)
    {
        var patience = time.GetUtcNow() + (progress.LastProblem is null ? TimeSpan.Zero : Patience);
        while (true)
        {
            var candidates = await CandidatesAsync(plan);
            var chosen = NodeChoice.Pick(candidates, progress.Excluded(candidates, time.GetUtcNow()), plan.NodeCeiling, nodeCeiling, Draw());
            if (chosen is not null || time.GetUtcNow() >= patience || stop.IsCancellationRequested)
            {
                return chosen;
            }

            await Task.Delay(Interval, time, CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<Candidate>> CandidatesAsync(RunPlan plan)
    {
        var candidates = await routing.FindAsync(plan.Model, CancellationToken.None);
        return plan.Node is { } node ? [.. candidates.Where(candidate => candidate.Node.Operator == node)] : candidates;
    }

    private static (uint, uint) Draw()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return (BitConverter.ToUInt32(random), BitConverter.ToUInt32(random[4..]));
    }
}
