using Ncn.Coordination.Mempool;

namespace Ncn.Registry.Mempool;

/// <summary>What a gateway or a node is told.</summary>
internal static class MempoolAnswers
{
    internal static string ReasonOf(MempoolOutcome outcome) => outcome switch
    {
        MempoolOutcome.Accepted or MempoolOutcome.Repeated => string.Empty,
        MempoolOutcome.Expired => "The job's deadline has passed.",
        MempoolOutcome.Full => "The queue is full of jobs that pay as much or more.",
        MempoolOutcome.Unknown => "The job is not in the queue: it is done or was given up.",
        MempoolOutcome.LeaseLost => "The lease is lost: it expired, or another node has the job.",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
