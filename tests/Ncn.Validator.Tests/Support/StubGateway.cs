using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;

namespace Ncn.Validator.Tests.Support;

/// <summary>
/// A gateway that shows its receipts over HTTP to whoever asks with a signed query, or shows nothing: those of one period that it begins with, and those of
/// answers that it gives, for free, to chat requests.
/// </summary>
internal sealed class StubGateway : IAsyncDisposable
{
    private static readonly byte[] Tensors = new Input { Tensors = ByteString.CopyFrom(1, 2, 3) }.ToByteArray();
    private readonly WebApplication _app;
    private readonly Signer _key = Sample.Signer(500);
    private readonly ConcurrentDictionary<ulong, ImmutableList<ReceiptEvidence>> _evidence = [];
    private readonly ConcurrentDictionary<string, ReceiptEvidence> _answers = [];
    private readonly ConcurrentDictionary<ulong, bool> _committed = [];
    private readonly ConcurrentDictionary<Hash32, bool> _orders = [];
    private readonly ulong _periodMs;
    private uint _receipts;

    private StubGateway(ulong period, ulong periodMs, int count)
    {
        Period = period;
        _periodMs = periodMs;
        _evidence[period] = [.. Enumerable.Range(0, count).Select(index => EvidenceOf((uint)index, period * periodMs, Tensors))];
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/ncn/v1/receipts/{period}", (HttpContext http, ulong period) => Answer(http, period, Page));
        _app.MapGet("/ncn/v1/receipts/{period}/{index}", (HttpContext http, ulong period, int index) => ShowsEvidence ? Answer(http, period, at => _evidence[at][index]) : Results.NotFound());
        _app.MapGet("/v1/models", () => Results.Text($$$"""{"data":[{"id":"tiny-chat","ncn":{"kind":"decoder","digests":["{{{Model}}}"]}}]}""", "application/json"));
        _app.MapPost("/v1/chat/completions", (Delegate)ChatAsync);
        _app.MapPost("/ncn/v1/node/plants", (JsonElement order) => _orders[order.GetProperty("question").Deserialize<Hash32>(ProtocolJson.Options)] = true);
        _app.MapDelete("/ncn/v1/node/plants/{question}", (string question) => Withdrawn.TryAdd(Hash32.Parse(question), true));
    }

    /// <summary>Requests that were answered, by their keys.</summary>
    internal IReadOnlyDictionary<string, ReceiptEvidence> Answers => _answers;

    /// <summary>Whether its node was told to answer this falsely.</summary>
    internal bool IsFalse(ReceiptEvidence evidence) => Input.Parser.ParseFrom(evidence.Input).Generate is { } asked
        && _orders.ContainsKey(Keccak256.Of(Encoding.UTF8.GetBytes(JsonSerializer.Deserialize<JsonElement[]>(asked.MessagesJson)![^1].GetProperty("content").GetString()!)));

    /// <summary>Orders that its node got.</summary>
    internal IEnumerable<Hash32> Orders => _orders.Keys;

    /// <summary>Orders that were taken back.</summary>
    internal ConcurrentDictionary<Hash32, bool> Withdrawn { get; } = [];

    /// <summary>How often a request came, repeats included.</summary>
    internal int Asked;

    private static ModelDigest Model { get; } = new(Sample.Word(8));

    internal Address Address => _key.Address;

    internal static Address Node { get; } = Sample.Signer(501).Address;

    internal ulong Period { get; }

    internal IReadOnlyList<ReceiptLeaf> Leaves => LeavesOf(Period);

    internal IReadOnlyList<ReceiptEvidence> Evidence => _evidence[Period];

    internal bool ShowsEvidence { get; init; } = true;

    internal Uri Url => new(_app.Urls.Single());

    internal static async Task<StubGateway> StartAsync(ulong period, ulong periodMs, int count, bool showsEvidence = true)
    {
        var gateway = new StubGateway(period, periodMs, count) { ShowsEvidence = showsEvidence };
        await gateway._app.StartAsync();
        return gateway;
    }

    /// <summary>Is a node of the ledger, and commits to its list.</summary>
    internal void Commit(TestValidator to)
    {
        Submit(to, new Operation.AnnounceNode(Address, 1, Sample.Word(9)));
        Commit(to, Period);
    }

    /// <summary>Commits to the lists of the periods that are over by so many milliseconds.</summary>
    internal void CommitAll(TestValidator to, ulong grace)
    {
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var period in _evidence.Keys.Order().Where(period => ((period + 1) * _periodMs) + grace < now && !_committed.ContainsKey(period)))
        {
            Commit(to, period);
        }
    }

    /// <summary>Answers somebody, up to so many times in a period.</summary>
    internal void Serve(int most)
    {
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        _evidence.AddOrUpdate(now / _periodMs, _ => [EvidenceOf(0, now, Tensors)], (_, list) => list.Count < most ? list.Add(EvidenceOf((uint)list.Count, now, Tensors)) : list);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private void Commit(TestValidator to, ulong period)
    {
        _committed[period] = true;
        Submit(to, new Operation.CommitReceipts(Address, period, ReceiptList.Root(LeavesOf(period)), (uint)_evidence[period].Count, ReceiptList.Total(LeavesOf(period))));
    }

    private void Submit(TestValidator to, Operation operation) =>
        to.Engine!.Submit(new ClaimedOperation(operation, _key.Sign(SignedOperation.Message(operation), Sample.Domains.Network).Signature));

    private ReceiptLeaf[] LeavesOf(ulong period) => [.. _evidence[period].Select(static evidence => ReceiptLeaf.Of(evidence.Receipt.Message))];

    private ReceiptPage Page(ulong period)
    {
        var leaves = LeavesOf(period);
        return new ReceiptPage(Address, period, ReceiptList.Root(leaves), (uint)leaves.Length, ReceiptList.Total(leaves), 0, leaves, ReceiptList.Fees(leaves));
    }

    private IResult Answer<T>(HttpContext http, ulong period, Func<ulong, T> what)
    {
        var query = JsonSerializer.Deserialize<Signed<ReceiptQuery>>(Convert.FromBase64String(http.Request.Headers[ReceiptQuery.Header].Single()!), ProtocolJson.Strict)!;
        return query.Message.Gateway != Address || query.Message.Origin != _app.Urls.Single() || query.Message.Period != period || !query.IsSignedBy(query.Message.Validator, Sample.Domains.Network) ? Results.Unauthorized()
            : period == Period || _committed.ContainsKey(period) ? Results.Json(what(period), ProtocolJson.Options) : Results.NotFound();
    }

    // A repeat of a request gets the first answer, as at a real gateway.
    private async Task<IResult> ChatAsync(HttpContext http)
    {
        Interlocked.Increment(ref Asked);
        var request = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body);
        var evidence = _answers.GetOrAdd(http.Request.Headers["Idempotency-Key"].ToString(), _ => Take(request));
        var receipt = evidence.Receipt;
        var member = JsonSerializer.Serialize(new { receipt.Message.RequestId, receipt.Message.Node, receipt.Message.ModelDigest, Cost = receipt.Message.Price, Attempts = 1, Receipt = receipt }, ProtocolJson.Options);
        return request.TryGetProperty("stream", out _)
            ? Results.Text($$"""
                data: {"choices":[{"delta":{"content":"false"},"finish_reason":"stop"}]}

                data: {"choices":[],"ncn":{{member}}}

                data: [DONE]


                """, "text/event-stream")
            : Results.Text($$$"""{"choices":[{"message":{"content":"false"},"finish_reason":"stop"}],"ncn":{{{member}}}}""", "application/json");
    }

    private ReceiptEvidence Take(JsonElement request)
    {
        var input = new Input { Generate = new GenerateInput { MessagesJson = request.GetProperty("messages").GetRawText(), MaxTokens = 16 } };
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        ReceiptEvidence? taken = null;
        _evidence.AddOrUpdate(now / _periodMs, _ => [taken = EvidenceOf(0, now, input.ToByteArray())], (_, list) => list.Add(taken = EvidenceOf((uint)list.Count, now, input.ToByteArray())));
        return taken!;
    }

    private ReceiptEvidence EvidenceOf(uint index, ulong time, byte[] input)
    {
        using var node = Sample.Signer(501);
        var job = new InferenceJob(new RequestId(Sample.Word(700 + Interlocked.Increment(ref _receipts))), 0, Address, node.Address, Model, Keccak256.Of(input), 42, new TokenAmount(50), time + 1_000);
        var output = new RollingOutputHash(job.RequestId, 0);
        output.Append([5, 6], "false"u8);
        var receipt = new Receipt(
            job.RequestId, 0, node.Address, Address, job.ModelDigest, job.InputHash, output.Value, 42, 3, 2, new TokenAmount(40), default, default, default, time, time);
        return new ReceiptEvidence(index, _key.Sign(job, Sample.Domains.Network), node.Sign(receipt, Sample.Domains.Network), false, input, [new OutputPiece([5, 6], "false", null)], []);
    }
}
