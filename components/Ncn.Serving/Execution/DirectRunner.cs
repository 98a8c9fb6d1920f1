using System.Runtime.CompilerServices;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Execution;

/// <summary>Runs a request on a node, on a second one when the first is slow, and on another when it fails: the caller sees one stream.</summary>
/// <remarks>
/// 1. the dispatcher picks a node (Ncn.Coordination, Dispatch); 2. a job and a voucher for it are signed; 3. verified chunks are streamed;
/// 4. when the node fails before the end, another goes on from the tokens that the caller already has, with the same seed; 5. each node
/// is paid what its verified receipt states (design section 6, steps 4 to 7).
/// </remarks>
public sealed class DirectRunner(RunDesk desk)
{
    /// <summary>The parts of the answer. Throws <see cref="ApiException"/> when no node can give it.</summary>
    /// <param name="stop">Fires when the client goes away: the node is stopped and the end comes with what was delivered.</param>
    public async IAsyncEnumerable<RunPart> RunAsync(RunPlan plan, TokenAmount nodeCeiling, [EnumeratorCancellation] CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        await desk.Routing.GetAsync(CancellationToken.None);
        await using var run = new DispatchedRun(plan, desk, stop);
        run.Begin(nodeCeiling);
        do
        {
            await run.NextAsync();
            yield return run.Current;
        }
        while (run.Current is not RunPart.Finished);
    }
}
