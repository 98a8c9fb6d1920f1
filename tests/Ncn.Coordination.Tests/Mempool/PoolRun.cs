using System.Buffers.Binary;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Mempool;

/// <summary>A pool and its last outputs, in a test's words.</summary>
internal sealed class PoolRun
{
    internal MempoolLimits Limits { get; init; } = new(5);

    internal MempoolState State { get; private set; } = new();

    /// <summary>Without the entries to be written, which <see cref="Kept"/> has.</summary>
    internal IReadOnlyList<MempoolOutput> Outputs { get; private set; } = [];

    /// <summary>What a shell has written: every living or dead job's entry.</summary>
    internal Dictionary<RequestId, Job> Kept { get; private set; } = [];

    internal Dictionary<RequestId, ulong> Remembered { get; } = [];

    internal ulong? Wake => JobPool.NextWake(State);

    internal IReadOnlyList<(int Request, ulong Token)> Released =>
        [.. Outputs.OfType<MempoolOutput.Release>().Select(static release => (Number(release.Request), release.Token))];

    internal void Apply(MempoolInput input)
    {
        (State, var outputs) = JobPool.Apply(State, input, Limits);
        foreach (var output in outputs)
        {
            Write(output);
        }

        Outputs = [.. outputs.Where(static output => output is not MempoolOutput.Keep)];
    }

    /// <summary>Loses what is not written, and goes on with what is.</summary>
    internal void Crash() => State = new MempoolState(Kept, Remembered, State.LastToken, Limits);

    internal MempoolOutcome Submit(
        ulong now, int request, int fee = 1, ulong? deadline = null, ulong? submittedAt = null, int payer = 0, uint bytes = 0, int? replaces = null) =>
        Reply(new MempoolInput.Submit(
            now, Samples.Request(request), Samples.Node(payer), Samples.Amount(fee), submittedAt ?? now, deadline ?? now + 600_000, bytes,
            replaces is { } old ? Samples.Request(old) : null));

    internal MempoolOutcome Decline(ulong now, int request, ulong token, int node) =>
        Reply(new MempoolInput.Decline(now, Samples.Request(request), token, Samples.Node(node)));

    internal Job? Job(int request) => State.Find(Samples.Request(request));

    internal MempoolOutcome Accept(ulong now, int request, ulong token, int node) =>
        Reply(new MempoolInput.Accept(now, Samples.Request(request), token, Samples.Node(node)));

    internal MempoolOutcome Complete(ulong now, int request) => Reply(new MempoolInput.Complete(now, Samples.Request(request)));

    internal MempoolOutcome Cancel(ulong now, int request) => Reply(new MempoolInput.Cancel(now, Samples.Request(request)));

    internal void Slots(ulong now, uint free) => Apply(new MempoolInput.SetFreeSlots(now, free));

    internal void Tick(ulong now) => Apply(new MempoolInput.Tick(now));

    private void Write(MempoolOutput output)
    {
        switch (output)
        {
            case MempoolOutput.Keep keep:
                Kept[keep.Request] = keep.Job;
                break;
            case MempoolOutput.Forget forget:
                Kept.Remove(forget.Request);
                Remembered[forget.Request] = forget.RememberUntil;
                break;
            default:
                break;
        }
    }

    private static int Number(RequestId request) => BinaryPrimitives.ReadInt32BigEndian(request.Value.ToArray().AsSpan(28));

    private MempoolOutcome Reply(MempoolInput input)
    {
        Apply(input);
        return Assert.Single(Outputs.OfType<MempoolOutput.Reply>()).Outcome;
    }
}
