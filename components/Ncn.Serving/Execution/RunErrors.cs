using Ncn.Coordination.Dispatch;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Execution;

/// <summary>What a client hears when no node gave an answer.</summary>
internal static class RunErrors
{
    internal static ApiError Of(RunPlan plan, GiveUpReason reason, string? problem) => (reason, plan.Node) switch
    {
        (GiveUpReason.NoRoom, _) => ApiError.NoRoom(plan.Model),
        // Nobody else can read the request, and its node takes it once: the client seals the rest for another node.
        (_, { } node) => new ApiError(502, "node_failed", $"Node {node} did not finish the request: {problem}. Nothing was charged; seal the rest for another node."),
        _ => new ApiError(502, "nodes_failed", $"No node could finish the request; the last one failed because {problem}. An answer that did not end is not charged.") { RetryAfterSeconds = 1 },
    };
}
