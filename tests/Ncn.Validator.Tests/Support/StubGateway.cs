using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Validator.Tests.Support;

/// <summary>A gateway that shows one period's receipts over HTTP to whoever asks with a signed query, or shows nothing.</summary>
internal sealed class StubGateway : IAsyncDisposable
{
    private static readonly byte[] Input = [1, 2, 3];
    private readonly WebApplication _app;
    private readonly Signer _key = Sample.Signer(500);

    private StubGateway(ulong period, ulong periodMs, int count)
    {
        Period = period;
        Evidence = [.. Enumerable.Range(0, count).Select(index => EvidenceOf((uint)index, period * periodMs))];
        Leaves = [.. Evidence.Select(static evidence => ReceiptLeaf.Of(evidence.Receipt.Message))];
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/ncn/v1/receipts/{period}", (HttpContext http, ulong period) => Answer(http, period, new ReceiptPage(Address, Period, ReceiptList.Root(Leaves), (uint)Leaves.Count, ReceiptList.Total(Leaves), 0, Leaves, ReceiptList.Fees(Leaves))));
        _app.MapGet("/ncn/v1/receipts/{period}/{index}", (HttpContext http, ulong period, int index) => ShowsEvidence ? Answer(http, period, Evidence[index]) : Results.NotFound());
    }

    internal Address Address => _key.Address;

    internal Address Node { get; } = Sample.Signer(501).Address;

    internal ulong Period { get; }

    internal IReadOnlyList<ReceiptLeaf> Leaves { get; }

    internal IReadOnlyList<ReceiptEvidence> Evidence { get; }

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
        foreach (var operation in new Operation[] { new Operation.AnnounceNode(Address, 1, Sample.Word(9)), new Operation.CommitReceipts(Address, Period, ReceiptList.Root(Leaves), (uint)Leaves.Count, ReceiptList.Total(Leaves)) })
        {
            to.Engine!.Submit(new ClaimedOperation(operation, _key.Sign(SignedOperation.Message(operation), Sample.Domains.Network).Signature));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private IResult Answer<T>(HttpContext http, ulong period, T what)
    {
        var query = JsonSerializer.Deserialize<Signed<ReceiptQuery>>(Convert.FromBase64String(http.Request.Headers[ReceiptQuery.Header].Single()!), ProtocolJson.Strict)!;
        return query.Message.Gateway != Address || query.Message.Period != period || !query.IsSignedBy(query.Message.Validator, Sample.Domains.Network) ? Results.Unauthorized()
            : period == Period ? Results.Json(what, ProtocolJson.Options) : Results.NotFound();
    }

    private ReceiptEvidence EvidenceOf(uint index, ulong time)
    {
        using var node = Sample.Signer(501);
        var job = new InferenceJob(new RequestId(Sample.Word(700 + index)), 0, Address, node.Address, new ModelDigest(Sample.Word(8)), Keccak256.Of(Input), 42, new TokenAmount(50), time + 1_000);
        var output = new RollingOutputHash(job.RequestId, 0);
        output.Append([5, 6], "false"u8);
        var receipt = new Receipt(
            job.RequestId, 0, node.Address, Address, job.ModelDigest, job.InputHash, output.Value, 42, 3, 2, new TokenAmount(40), default, default, default, time, time);
        return new ReceiptEvidence(index, _key.Sign(job, Sample.Domains.Network), node.Sign(receipt, Sample.Domains.Network), false, Input, [new OutputPiece([5, 6], "false", null)], []);
    }
}
