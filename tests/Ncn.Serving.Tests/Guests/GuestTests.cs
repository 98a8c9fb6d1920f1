using System.Net;
using Ncn.Actors;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Guests;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Guests;

/// <summary>A subnet gives so many requests a day away to each guest, then asks for payment; nobody is a guest twice.</summary>
public sealed class GuestTests
{
    private static readonly ApiError NotFound = new(404, "model_not_found", "No such model.");

    [Fact]
    public async Task Without_the_option_nothing_is_free()
    {
        using var gateway = new MemoryGateway();
        await Assert.ThrowsAsync<PaymentException>(() => gateway.Paid.AdmitAsync(From("10.0.0.1"), Order(), NotFound));
        Assert.Empty(gateway.Actors.Guests.Book.Guests);
    }

    [Theory]
    [InlineData("another address", "10.0.0.1", "10.0.0.2", true)]
    [InlineData("the same, written as IPv6", "10.0.0.1", "::ffff:10.0.0.1", false)]
    [InlineData("another host of one IPv6 network", "2001:db8::1", "2001:db8::ffff:2", false)]
    [InlineData("another IPv6 network", "2001:db8::1", "2001:db8:0:1::1", true)]
    public async Task An_address_has_its_own_and_no_more(string step, string first, string second, bool isFree)
    {
        using var gateway = Open(("RequestsPerAddress", "1"));
        Assert.NotNull(await InviteAsync(gateway, From(first)));
        Assert.True(isFree == (await InviteAsync(gateway, From(second))) is not null, step);
    }

    [Fact]
    public async Task A_payer_is_free_while_its_channel_holds_money_and_pays_afterwards()
    {
        using var gateway = Open(("RequestsPerPayer", "1"));
        var call = HttpCalls.Read(gateway.PaidHttp(10_000));
        Assert.Equal($"payer:{gateway.Client.Address}", (await InviteAsync(gateway, call))!.Guest);
        Assert.Null(await InviteAsync(gateway, call));
        Assert.Null(await InviteAsync(gateway, From("10.0.0.1")));
        using var poor = Open(("RequestsPerPayer", "1"));
        poor.Escrow.Balance = 0;
        Assert.Null(await InviteAsync(poor, HttpCalls.Read(poor.PaidHttp(10_000))));
        using var pretender = Open(("RequestsPerPayer", "1"));
        pretender.Escrow.Balance = 1;
        Assert.Null(await InviteAsync(pretender, HttpCalls.Read(pretender.PaidHttp(10_000))));
    }

    [Fact]
    public async Task A_dear_request_and_one_for_later_are_paid()
    {
        using var gateway = Open(("RequestsPerAddress", "5"), ("MaxCeiling", "99"));
        Assert.Null(await InviteAsync(gateway, From("10.0.0.1"), ceiling: 100));
        Assert.NotNull(await InviteAsync(gateway, From("10.0.0.1"), ceiling: 99));
        Assert.Null(await InviteAsync(gateway, From("10.0.0.1") with { PrefersAsync = true }, ceiling: 99));
    }

    [Fact]
    public async Task What_was_not_let_in_is_not_counted()
    {
        using var gateway = Open(("RequestsPerAddress", "1"));
        var call = From("10.0.0.1") with { IdempotencyKey = new string('k', 300) };
        var refusal = await Assert.ThrowsAsync<ApiException>(() => gateway.Paid.AdmitAsync(call, Order(), NotFound));
        Assert.Equal("invalid_idempotency_key", refusal.Error.Code);
        Assert.Equal([0], gateway.Actors.Guests.Book.Guests.Values);
        Assert.NotNull(await InviteAsync(gateway, From("10.0.0.1")));
    }

    [Fact]
    public async Task A_repeat_that_runs_nothing_is_not_counted_and_is_answered_when_all_are_used_up()
    {
        using var gateway = Open(("RequestsPerAddress", "2"));
        var call = From("10.0.0.1") with { IdempotencyKey = "one" };
        var order = Order();
        var asked = gateway.Actors.Request(new RequestIds(gateway.Identity).FromKey("address:10.0.0.1", "one"));
        await asked.KeepAsync(new KeepCall(RequestIds.Fingerprint(call.Route, order.Body.Span), new StoredAnswer(200, "kept", [], default)));
        Assert.NotNull(await InviteAsync(gateway, call));

        for (var repeat = 0; repeat < 3; repeat++)
        {
            Assert.Equal("kept", Assert.IsType<Admission.Repeated>(await gateway.Paid.AdmitAsync(call, order, NotFound)).Answer.Body);
            Assert.Equal([1], gateway.Actors.Guests.Book.Guests.Values);
        }

        Assert.NotNull(await InviteAsync(gateway, From("10.0.0.1")));
        Assert.Equal("kept", Assert.IsType<Admission.Repeated>(await gateway.Paid.AdmitAsync(call, order, NotFound)).Answer.Body);
        await Assert.ThrowsAsync<PaymentException>(() => gateway.Paid.AdmitAsync(call with { IdempotencyKey = "two" }, order, NotFound));
        await Assert.ThrowsAsync<PaymentException>(() => gateway.Paid.AdmitAsync(call, order with { Body = new byte[] { 2 } }, NotFound));
    }

    private static MemoryGateway Open(params (string Name, string Value)[] settings) =>
        new(settings: settings.ToDictionary(static one => $"Ncn:Gateway:FreeTier:{one.Name}", static one => (string?)one.Value));

    private static async Task<PricedOrder?> InviteAsync(MemoryGateway gateway, ClientCall call, ulong ceiling = 50) =>
        await gateway.Get<GuestDesk>().InviteAsync(call, new PricedOrder([], default, new(ceiling)), () => gateway.Gate.Read(call, new(ceiling))) is { IsFree: true } visit
            ? visit.Priced : null;

    private static ClientCall From(string address) => new() { Route = "/v1/chat/completions", ResourceUrl = "http://127.0.0.1:1/", Remote = IPAddress.Parse(address) };

    private static Order Order() => new("tiny-chat", "chat", new Input { Generate = new GenerateInput() }, new(10, 20, 0), 1, new byte[] { 1 });
}
