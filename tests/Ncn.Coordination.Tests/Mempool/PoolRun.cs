using System.Buffers.Binary;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Mempool;

/// <summary>A pool and its last outputs, in a test's words.</summary>
internal sealed class PoolRun
{
    internal MempoolLimits Limits { get; init; } = new(5);

    internal MempoolState State { get; private set; } = MempoolState.Empty;

    internal IReadOnlyList<MempoolOutput> Outputs { get; private set; } = [];

    internal ulong? Wake => JobPool.NextWake(State, Limits);

    internal IReadOnlyList<(int Request, ulong Token)> Released =>
        [.. Outputs.OfType<MempoolOutput.Release>().Select(static release => (Number(release.Request), release.Token))];

    internal void Apply(MempoolInput input) => (State, Outputs) = JobPool.Apply(State, input, Limits);

    internal MempoolOutcome Submit(ulong now, int request, int fee = 1, ulong? deadline = null, ulong? submittedAt = null) =>
        Reply(new MempoolInput.Submit(now, Samples.Request(request), Samples.Amount(fee), submittedAt ?? now, deadline ?? now + 600_000));

    internal MempoolOutcome Accept(ulong now, int request, ulong token, int node) =>
        Reply(new MempoolInput.Accept(now, Samples.Request(request), token, Samples.Node(node)));

    internal MempoolOutcome Complete(ulong now, int request) => Reply(new MempoolInput.Complete(now, Samples.Request(request)));

    internal MempoolOutcome Cancel(ulong now, int request) => Reply(new MempoolInput.Cancel(now, Samples.Request(request)));

    internal void Slots(ulong now, uint free) => Apply(new MempoolInput.SetFreeSlots(now, free));

    internal void Tick(ulong now) => Apply(new MempoolInput.Tick(now));

    private static int Number(RequestId request) => BinaryPrimitives.ReadInt32BigEndian(request.Value.ToArray().AsSpan(28));

    private MempoolOutcome Reply(MempoolInput input)
    {
        Apply(input);
        return Assert.Single(Outputs.OfType<MempoolOutput.Reply>()).Outcome;
    }
}
