using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Tests.Routing;

/// <summary>A compute node over real gRPC that signs what it sends as it must, and delivers, waits, dies or lies as a test says.</summary>
internal sealed class ScriptedNode : IAsyncDisposable
{
    /// <summary>Tokens of a prompt, whatever it is.</summary>
    public const uint PromptTokens = 3;

    private readonly Eip712Domain _domain;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<(RequestId, uint), CancellationTokenSource> _running = [];

    private ScriptedNode(byte number, ModelOffer offer, Eip712Domain domain)
    {
        (Signer, Offer, _domain) = (new Signer(Enumerable.Repeat(number, 32).ToArray()), offer, domain);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static server => server.Listen(System.Net.IPAddress.Loopback, 0, static at => at.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<Service>();
    }

    public Signer Signer { get; }

    public Address Address => Signer.Address;

    public ModelOffer Offer { get; }

    /// <summary>Tokens of every answer.</summary>
    public int Tokens { get; set; } = 12;

    /// <summary>The text that is shown with a token of an answer.</summary>
    public Func<int, string> TextOf { get; set; } = static token => $"{token} ";

    /// <summary>What an answer of so many tokens shows when it ends because no more were asked for.</summary>
    public Func<int, string> HeldAt { get; set; } = static _ => string.Empty;

    /// <summary>Runs before each token of an answer.</summary>
    public Func<int, Task> BeforeToken { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Runs before an answer: a test holds it up, or has the node refuse the prompt.</summary>
    public Func<string, Task> BeforeAnswer { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Runs before the receipt of an answer.</summary>
    public Func<Task> BeforeReceipt { get; set; } = static () => Task.CompletedTask;

    /// <summary>The node is gone before it sends this token of an answer; null for never.</summary>
    public int? DiesAt { get; set; }

    /// <summary>It sends another text than it signs.</summary>
    public bool Lies { get; set; }

    /// <summary>It answers no word to stop.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>What its own clock takes off its price where it is held to its service, basis points.</summary>
    public uint OwnCredit { get; set; }

    /// <summary>What its receipts state.</summary>
    public Func<ulong> FinishedAt { get; set; } = static () => 2;

    public ConcurrentQueue<InferenceJob> Jobs { get; } = [];

    /// <summary>Attempts that it was told to stop.</summary>
    public ConcurrentQueue<uint> Stopped { get; } = [];

    public ConcurrentQueue<Receipt> Receipts { get; } = [];

    public NodeRecord Record => new(Address, 1, new Uri(_app.Urls.First()).Authority, [1], [Offer], 16, HexBytes.Empty, 1, ulong.MaxValue);

    public static async Task<ScriptedNode> StartAsync(byte number, ModelOffer offer, Eip712Domain domain)
    {
        var node = new ScriptedNode(number, offer, domain);
        await node._app.StartAsync();
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1)))
        {
            await _app.StopAsync(limit.Token);
        }

        await _app.DisposeAsync();
        Signer.Dispose();
    }

    private async Task RunAsync(RunRequest request, IServerStreamWriter<RunEvent> events, CancellationToken gone)
    {
        var job = JsonSerializer.Deserialize<Signed<InferenceJob>>(request.JobJson, ProtocolJson.Strict)!.Message;
        Jobs.Enqueue(job);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        _running[(job.RequestId, job.Attempt)] = stop;
        var input = Input.Parser.ParseFrom(request.Input).Generate;
        var answer = new Answer(this, job, input);
        try
        {
            await BeforeAnswer(input.Prompt);
            while (answer.HasMore)
            {
                await BeforeToken(answer.Next).WaitAsync(stop.Token);
                await events.WriteAsync(DiesAt == answer.Next
                    ? throw new RpcException(new Status(StatusCode.Unavailable, "the process was killed"))
                    : new RunEvent { Chunk = answer.Token() }, gone);
            }

            await (answer.Held() is { } held ? events.WriteAsync(new RunEvent { Chunk = held }, gone) : Task.CompletedTask);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            // Told to stop: what was sent stands.
        }

        await BeforeReceipt();
        await events.WriteAsync(new RunEvent { Completed = answer.End() }, gone);
    }

    private sealed class Answer(ScriptedNode node, InferenceJob job, GenerateInput input)
    {
        private readonly RollingOutputHash _rolling = new(job.RequestId, job.Attempt);
        private readonly List<int> _sent = [];
        private readonly int _most = input.MaxTokens == 0 ? node.Tokens : Math.Min(node.Tokens, (int)input.MaxTokens);
        private uint _chunks;
        private Hash32? _head;

        public int Next => input.CommittedTokens.Count + _sent.Count;

        public bool HasMore => Next < _most;

        private bool IsCut => Next == _most && _most < node.Tokens;

        public Chunk Token()
        {
            var token = Next;
            _sent.Add(token);
            return Signed(new Chunk { TokenIds = { token }, Text = node.TextOf(token), PromptTokens = _chunks == 0 ? PromptTokens : 0 });
        }

        public Chunk? Held() => IsCut && node.HeldAt(Next) is { Length: > 0 } held ? Signed(new Chunk { Text = held }) : null;

        private Chunk Signed(Chunk chunk)
        {
            chunk.Index = _chunks++;
            var head = _rolling.Append([.. chunk.TokenIds], Encoding.UTF8.GetBytes(chunk.Text));
            _head = head;
            chunk.RollingHash = ByteString.CopyFrom(head.ToArray());
            chunk.Commitment = ByteString.CopyFrom(
                node.Signer.Sign(new StreamCommitment(job.RequestId, job.Attempt, chunk.Index, head, (uint)_sent.Count), node._domain).Signature.ToArray());
            chunk.Text = node.Lies ? "something else" : chunk.Text;
            return chunk;
        }

        public Completed End()
        {
            var positions = new FingerprintPositions(job.StructHash()).Of(_sent.Count);
            var fingerprints = FingerprintSet.Of(positions.Select(position => Fingerprint.Of(
                position, _sent[position], Enumerable.Range(0, 8).Select(i => (_sent[position] + i, -0.25f - i)))));
            var full = UsagePrice.Of(node.Offer.Price, new Usage(PromptTokens, (uint)_sent.Count, 0));
            var price = job.Service.IsNone ? full : full - ServiceCredit.Of(full, node.OwnCredit);
            var receipt = new Receipt(
                job.RequestId, job.Attempt, job.Node, job.Gateway, job.ModelDigest, job.InputHash, _head ?? _rolling.Value, job.Seed, PromptTokens,
                (uint)_sent.Count, price, default, price, fingerprints.Root, 1, node.FinishedAt());
            node.Receipts.Enqueue(receipt);
            return new Completed
            {
                ReceiptJson = JsonSerializer.Serialize(node.Signer.Sign(receipt, node._domain), ProtocolJson.Options),
                FinishReason = HasMore ? "cancelled" : IsCut ? "length" : "stop",
                Fingerprints = ByteString.CopyFrom(fingerprints.Encode()),
            };
        }
    }

    private sealed class Service(ScriptedNode node) : Compute.ComputeBase
    {
        public override Task Run(RunRequest request, IServerStreamWriter<RunEvent> responseStream, ServerCallContext context) =>
            node.RunAsync(request, responseStream, context.CancellationToken);

        public override async Task<StopReply> Stop(StopRequest request, ServerCallContext context)
        {
            await (node.IsDeaf ? Task.Delay(Timeout.Infinite, context.CancellationToken) : Task.CompletedTask);
            var known = node._running.TryGetValue((new RequestId(new Hash32(request.RequestId.Span)), request.Attempt), out var running);
            if (known)
            {
                node.Stopped.Enqueue(request.Attempt);
                await running!.CancelAsync();
            }

            return new StopReply { Known = known };
        }
    }
}
