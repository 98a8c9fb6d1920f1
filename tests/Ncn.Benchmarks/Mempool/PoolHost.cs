using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Mempool;

/// <summary>The mempool's pure core with what its jobs carry: one request after another, each answered at once.</summary>
internal sealed class PoolHost
{
    private static readonly Address Node = Address.Parse("0x00000000000000000000000000000000000000aa");
    private static readonly MempoolLimits Limits = new(5) { Capacity = 1 << 21, MaxBytes = 1UL << 32, MaxPerPayer = 1 << 21, AcceptMilliseconds = 600_000, RunMilliseconds = 600_000 };
    private readonly Dictionary<Hash32, byte[]> _carried = [];
    private readonly MempoolState _state = new();

    public int Living => _state.Living;

    /// <summary>Takes one request; returns the bytes of its answer.</summary>
    public int Take(ReadOnlySpan<byte> frame, ulong now, Span<byte> answer)
    {
        switch (frame[0])
        {
            case PoolWire.Push:
                return Push(frame, now, answer);
            case PoolWire.Pop:
                return Pop(now, answer);
            default:
                return End(frame, now, answer);
        }
    }

    private int Push(ReadOnlySpan<byte> frame, ulong now, Span<byte> answer)
    {
        MempoolInput.Submit input = PoolWire.ReadPush(frame, now);
        MempoolOutcome outcome = Outcome(JobPool.Apply(_state, input, Limits).Outputs);
        if (outcome == MempoolOutcome.Accepted)
        {
            _carried[input.Request.Value] = frame[PoolWire.PushHead..].ToArray();
        }

        answer[0] = (byte)outcome;
        return 1;
    }

    private int Pop(ulong now, Span<byte> answer)
    {
        IReadOnlyList<MempoolOutput> outputs = JobPool.Apply(_state, new MempoolInput.Take(now, Node, 1), Limits).Outputs;
        for (int i = 0; i < outputs.Count; i++)
        {
            if (outputs[i] is MempoolOutput.Release release)
            {
                return PoolWire.WritePopped(answer, release.Request, release.Token, _carried[release.Request.Value]);
            }
        }

        answer[0] = 0;
        return 1;
    }

    private int End(ReadOnlySpan<byte> frame, ulong now, Span<byte> answer)
    {
        RequestId request = PoolWire.ReadEnd(frame);
        answer[0] = (byte)Outcome(JobPool.Apply(_state, new MempoolInput.Complete(now, request), Limits).Outputs);
        _carried.Remove(request.Value);
        return 1;
    }

    private static MempoolOutcome Outcome(IReadOnlyList<MempoolOutput> outputs)
    {
        for (int i = 0; i < outputs.Count; i++)
        {
            if (outputs[i] is MempoolOutput.Reply reply)
            {
                return reply.Outcome;
            }
        }

        throw new InvalidOperationException("a step was not answered");
    }
}
