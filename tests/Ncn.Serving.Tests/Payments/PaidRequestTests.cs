using Ncn.Actors;
using Ncn.Coordination.Requests;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A request that cannot be started holds nothing of its payer's money.</summary>
public sealed class PaidRequestTests
{
    private static readonly ApiError NotFound = new(404, "model_not_found", "No such model.");

    [Fact]
    public async Task A_request_that_the_queue_did_not_take_gives_its_reservation_and_its_key_back()
    {
        using var gateway = new MemoryGateway();
        var key = new RequestIds(gateway.Identity).FromKey(gateway.Client.Address.ToString(), "one");

        await Assert.ThrowsAnyAsync<Exception>(() => gateway.Paid.AdmitAsync(HttpCalls.Read(gateway.PaidHttp(10_000, "one", queued: true)), Order(), NotFound));

        await gateway.FlushAsync();
        Assert.NotNull(gateway.ClientLedger.State.Config);
        Assert.Empty(gateway.ClientLedger.State.Reservations);
        Assert.Equal(RequestPhase.None, gateway.Actors.Request(key).State.Phase);
    }

    [Fact]
    public async Task A_request_that_only_seemed_not_to_be_in_the_queue_keeps_the_answer_that_is_on_its_way()
    {
        using var gateway = new MemoryGateway();
        var key = new RequestIds(gateway.Identity).FromKey(gateway.Client.Address.ToString(), "one");
        var other = new Holder("gateway@another", 1);
        // A node has pulled it, and another gateway delivers its answer, before this one learns that the queue did not answer.
        gateway.ClientLedger.BeforeBatch = async steps =>
        {
            if (steps.Any(static step => step.Release is not null))
            {
                gateway.ClientLedger.BeforeBatch = static _ => Task.CompletedTask;
                await gateway.ClientLedger.ApplyAsync([new ChannelStep { Assign = new AssignCall(key.ToString(), other, 0) }]);
            }
        };

        await Assert.ThrowsAnyAsync<Exception>(() => gateway.Paid.AdmitAsync(HttpCalls.Read(gateway.PaidHttp(10_000, "one", queued: true)), Order(), NotFound));

        await gateway.FlushAsync();
        Assert.Equal(other, Assert.Single(gateway.ClientLedger.State.Reservations).Value.Holder);
        Assert.True(await gateway.Actors.Request(key).CompleteAsync(new StoredAnswer(200, "{}", [], new(1))));
    }

    [Fact]
    public async Task A_request_of_which_nobody_could_tell_whether_it_was_given_back_is_not_forgotten()
    {
        using var gateway = new MemoryGateway();
        var key = new RequestIds(gateway.Identity).FromKey(gateway.Client.Address.ToString(), "one");
        gateway.ClientLedger.BeforeBatch = static steps =>
            steps.Any(static step => step.Release is not null) ? throw new HttpRequestException("The registry is not there.") : Task.CompletedTask;

        await Assert.ThrowsAnyAsync<Exception>(() => gateway.Paid.AdmitAsync(HttpCalls.Read(gateway.PaidHttp(10_000, "one", queued: true)), Order(), NotFound));

        Assert.Equal(RequestPhase.Pending, gateway.Actors.Request(key).State.Phase);
    }

    [Fact]
    public async Task Another_signer_cannot_reach_a_payers_idempotency_keys_by_naming_the_payer()
    {
        using var gateway = new MemoryGateway();
        using var thief = new Signer(Enumerable.Repeat((byte)9, 32).ToArray());
        var victims = new RequestIds(gateway.Identity).FromKey(gateway.Client.Address.ToString(), "one");
        await gateway.Actors.Request(victims).BeginAsync(new(default, 1_000, null));
        await gateway.Actors.Request(victims).CompleteAsync(new(200, "secret", [], default));
        var http = gateway.PaidHttp(10_000, "one", queued: true);
        var forged = gateway.ClientChannel with { PayerAuthorizer = thief.Address };
        gateway.PayWith(http, SignedVoucher.Create(forged, new(10_000), thief, gateway.Identity.PaymentsDomain));

        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => gateway.Paid.AdmitAsync(HttpCalls.Read(http), Order(), NotFound));

        // It got as far as the queue, which does not answer here, under an id of its own.
        Assert.IsNotType<ApiException>(refusal);
    }

    [Fact]
    public async Task Where_nobody_pays_a_node_that_wants_money_is_not_there()
    {
        using var gateway = new MemoryGateway(free: true);
        var refusal = await Assert.ThrowsAsync<ApiException>(() => gateway.Paid.AdmitAsync(HttpCalls.Read(MemoryGateway.Http()), Order(), NotFound).WaitAsync(TimeSpan.FromSeconds(120)));
        Assert.Equal("model_not_found", refusal.Error.Code);
        Assert.Null(gateway.NodeLedger.State.Config);
    }

    [Theory]
    [InlineData("payment-id-0123456789", null, "payment-id-0123456789")]
    [InlineData("payment-id-0123456789", "header", "header")]
    public async Task The_payers_own_name_of_its_payment_is_an_idempotency_key_and_the_header_goes_first(string identifier, string? header, string key)
    {
        using var gateway = new MemoryGateway();
        var http = gateway.PaidHttp(10_000, header, queued: true);
        var payload = X402Header.Decode<PaymentPayload>(http.Request.Headers[X402Header.Signature]!, out _)!;
        http.Request.Headers[X402Header.Signature] = X402Header.Encode(payload with
        {
            Extensions = new Dictionary<string, PaymentExtension> { [PaymentIdentifier.Name] = new(new PaymentIdentifierInfo(identifier)) },
        });
        var request = gateway.Actors.Request(new RequestIds(gateway.Identity).FromKey(gateway.Client.Address.ToString(), key));
        await request.BeginAsync(new(RequestIds.Fingerprint(string.Empty, new byte[] { 1 }), 1_000, null));
        await request.CompleteAsync(new(200, "the first answer", [], default));

        var admission = await gateway.Paid.AdmitAsync(HttpCalls.Read(http), Order(), NotFound);

        Assert.Equal("the first answer", Assert.IsType<Admission.Repeated>(admission).Answer.Body);
    }

    private static Order Order() => new("tiny-chat", "chat", new Input { Generate = new GenerateInput() }, new(10, 20, 0), 1, new byte[] { 1 });
}
