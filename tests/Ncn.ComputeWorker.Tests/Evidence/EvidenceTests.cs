using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Ncn.ComputeWorker.Evidence;
using Ncn.ComputeWorker.Tests.Direct;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Tests.Escrow;
using Ncn.Tests.Models;

namespace Ncn.ComputeWorker.Tests.Evidence;

/// <summary>A real node answers, and shows what it answered to validators of the subnet, over gRPC.</summary>
[Collection(NetworkGroup.Name)]
public sealed class EvidenceTests(NetworkFixture network) : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("ncn-kept-").FullName;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task What_a_node_answered_it_shows_to_validators_alone_and_still_after_a_restart()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        var (owner, validator, stranger) = (await network.NewPartyAsync(0), await network.NewPartyAsync(0), await network.NewPartyAsync(0));
        DecoderFolder.Write(_models, DecoderShape.Tiny, AuditFixture.Honest);
        string state;
        Hash32 receipt;
        await using (TestWorker worker = await StartAsync(owner, gateway, validator.Address))
        {
            state = worker.State;
            (byte[] input, ModelOffer offer) = (AuditFixture.Prompt(12), worker.Offer(AuditFixture.Honest));
            Signed<InferenceJob> job = gateway.Job(worker.Address, offer, input, maxPrice: 0);
            Delivery delivery = await DirectRun.RunAsync(worker.Compute, DirectRun.Request(job, null, input), offer with { Price = ModelPrice.Free }, new Usage(2000, 1000, 0), network.Domain);
            receipt = ReceiptLeaf.Of(delivery.Receipt.Message).Digest;
            await Eventually.TrueAsync(() => worker.Services.GetRequiredService<EvidenceKeeper>().Find(receipt) is not null, "the node keeps it");

            ReceiptEvidence shown = await AskAsync(worker, receipt, validator);
            Assert.Null(shown.Problem(ReceiptLeaf.Of(delivery.Receipt.Message), network.Domain));
            Assert.Equal(delivery.Tokens, shown.TokenIds());
            Assert.False(shown.WasStopped);

            Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(worker, receipt, stranger));
            Assert.Equal(StatusCode.NotFound, await RefusedAsync(worker, Keccak256.Of([1]), validator));
            Assert.Equal(StatusCode.Unauthenticated, await RefusedAsync(worker, receipt, stranger, call => call with { Validator = validator.Address }));
            Assert.Equal(StatusCode.Unauthenticated, await RefusedAsync(worker, receipt, validator, static call => call with { IssuedAt = call.IssuedAt - 61_000 }));
            Assert.Equal(StatusCode.Unauthenticated, await RefusedAsync(worker, receipt, validator, call => call with { Node = stranger.Address }));
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await worker.Compute.EvidenceAsync(new EvidenceRequest { CallerJson = "{}" }))).StatusCode);
        }

        await using TestWorker again = await StartAsync(owner, gateway, validator.Address, state);
        Assert.Equal(receipt, ReceiptLeaf.Of((await AskAsync(again, receipt, validator)).Receipt.Message).Digest);
    }

    private Task<TestWorker> StartAsync(Party owner, TestGateway gateway, Address validator, string? state = null) => JoinedAsync(gateway, TestWorker.StartAsync(
        owner, gateway, state, builder => builder.Services.AddSingleton<ISubnetValidators>(new Named(validator)), ("Ncn:Network:FreeOfCharge", "true"), ("Ncn:Worker:Models", _models)));

    private static async Task<TestWorker> JoinedAsync(TestGateway gateway, Task<TestWorker> starting)
    {
        TestWorker worker = await starting;
        await Eventually.NextAsync(gateway.Joins);
        return worker;
    }

    private async Task<ReceiptEvidence> AskAsync(TestWorker worker, Hash32 receipt, Party by, Func<EvidenceCall, EvidenceCall>? change = null)
    {
        var call = new EvidenceCall(worker.Address, by.Address, receipt, (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Signed<EvidenceCall> signed = by.Signer.Sign(change?.Invoke(call) ?? call, network.Domain);
        EvidenceReply reply = await worker.Compute.EvidenceAsync(new EvidenceRequest { CallerJson = JsonSerializer.Serialize(signed, ProtocolJson.Options) });
        return JsonSerializer.Deserialize<ReceiptEvidence>(reply.EvidenceJson.Span, ProtocolJson.Strict)!;
    }

    private async Task<StatusCode> RefusedAsync(TestWorker worker, Hash32 receipt, Party by, Func<EvidenceCall, EvidenceCall>? change = null) =>
        (await Assert.ThrowsAsync<RpcException>(() => AskAsync(worker, receipt, by, change))).StatusCode;

    private sealed class Named(Address validator) : ISubnetValidators
    {
        public Task<bool> IsValidatorAsync(SubnetId subnet, Address key, CancellationToken cancellationToken) => Task.FromResult(key == validator);
    }
}
