using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Tests;

/// <summary>What a gateway makes of a node's whole stream.</summary>
public sealed class AttemptTests : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly byte[] Input = [1, 2, 3];
    private static readonly ModelOffer Offer = new(default, "tiny-chat", "1", ModelOffer.Decoder, ModelPrice.Free, 512, 1, 4096, "CPU", [], []);

    private readonly Signer _node = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private readonly Signed<InferenceJob> _job;

    public AttemptTests() => _job = _node.Sign(
        new InferenceJob(new RequestId(Keccak256.Of([1])), 0, Address.Zero, _node.Address, default, Keccak256.Of(Input), 42, default, 4_000_000_000_000), Domain);

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_verified_attempt_leaves_all_that_an_audit_needs()
    {
        var evidence = Evidence(token: 5);
        var attempt = NewAttempt(Chunk(), Completed(evidence, evidence.Root));
        Assert.Single(await RunAsync(attempt));
        Assert.NotNull(attempt.Evidence);
        Assert.Equal((_job, attempt.Receipt!), (attempt.Evidence.Job, attempt.Evidence.Receipt));
        Assert.Equal(Input, attempt.Evidence.Input);
        Assert.Equal([5], attempt.Evidence.TokenIds);
        Assert.Equal(evidence.Encode(), attempt.Evidence.Fingerprints);
    }

    [Fact]
    public async Task Fingerprints_that_do_not_fit_are_the_nodes_fault()
    {
        (string Expected, FingerprintSet Sent, Hash32 Root)[] lies =
        [
            ("receipt's root", Evidence(5), Evidence(5, logprob: -2).Root),
            ("is of token 6, and 5 was delivered", Evidence(6), Evidence(6).Root),
            ("positions", FingerprintSet.Empty, default),
        ];
        foreach (var (expected, sent, root) in lies)
        {
            var attempt = NewAttempt(Chunk(), Completed(sent, root));
            var failure = await Assert.ThrowsAsync<AttemptFailedException>(() => RunAsync(attempt));
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
            Assert.True(failure.NodeIsToBlame);
            Assert.Null(attempt.Evidence);
            Assert.Null(attempt.Receipt);
        }
    }

    private static async Task<List<Chunk>> RunAsync(Attempt attempt)
    {
        var chunks = new List<Chunk>();
        await using (attempt)
        {
            while (await attempt.NextAsync() is { } chunk)
            {
                chunks.Add(chunk);
            }
        }

        return chunks;
    }

    private Attempt NewAttempt(params RunEvent[] events) => new(
        new Compute.ComputeClient(new ScriptedNode(events)), _job, payment: null, new OutputVerifier(_job.Message, Offer, new Usage(9, 9, 0), Domain), Input, CancellationToken.None);

    private RollingOutputHash Rolling { get; set; } = null!;

    private RunEvent Chunk()
    {
        Rolling = new RollingOutputHash(_job.Message.RequestId, 0);
        var head = Rolling.Append([5], Encoding.UTF8.GetBytes("hi"));
        var commitment = _node.Sign(new StreamCommitment(_job.Message.RequestId, 0, 0, head, 1), Domain).Signature;
        return new RunEvent
        {
            Chunk = new Chunk
            {
                TokenIds = { 5 }, Text = "hi", RollingHash = ByteString.CopyFrom(head.ToArray()), Commitment = ByteString.CopyFrom(commitment.ToArray()),
            },
        };
    }

    private RunEvent Completed(FingerprintSet sent, Hash32 root)
    {
        var job = _job.Message;
        var receipt = new Receipt(
            job.RequestId, 0, job.Node, job.Gateway, job.ModelDigest, job.InputHash, Rolling.Value, job.Seed, 3, 1, default, default, default, root, 1, 2);
        return new RunEvent
        {
            Completed = new Completed
            {
                ReceiptJson = JsonSerializer.Serialize(_node.Sign(receipt, Domain), ProtocolJson.Options), FinishReason = "stop",
                Fingerprints = ByteString.CopyFrom(sent.Encode()),
            },
        };
    }

    private static FingerprintSet Evidence(int token, float logprob = -0.5f) => FingerprintSet.Of([Fingerprint.Of(0, token, [(token, logprob)])]);

    /// <summary>Answers every streaming call with the same events.</summary>
    private sealed class ScriptedNode(RunEvent[] events) : CallInvoker
    {
        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => new(
                new Reader<TResponse>([.. events.Cast<TResponse>()]), Task.FromResult<Metadata>([]), () => Status.DefaultSuccess, () => [], () => { });

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }

    private sealed class Reader<T>(T[] events) : IAsyncStreamReader<T>
    {
        private int _next = -1;

        public T Current => events[_next];

        public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(++_next < events.Length);
    }
}
