using System.Text;
using Microsoft.AspNetCore.Http;
using Ncn.Payments.X402;
using Ncn.Serving.Calls;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Tests.Payments;

/// <summary>The bytes of a demand for payment, in both versions, and of refusals.</summary>
public sealed class PaymentAnswerTests : IDisposable
{
    private readonly MemoryGateway _gateway = new();

    private const string Extensions =
        """{"payment-identifier":{"info":{"required":false},"schema":{"type":"object","properties":{"required":{"type":"boolean"},"id":{"type":"string","minLength":16,"maxLength":128,"pattern":"^[a-zA-Z0-9_-]\u002B$"}},"required":["required"]}}}""";

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_demand_is_word_for_word_what_clients_of_both_versions_expect()
    {
        var (http, body) = await WriteAsync(_gateway.Get<PaymentOffers>().Demand(new(123), "payment_required"));

        var (key, token) = (_gateway.Key.Address, _gateway.Identity.Token);
        Assert.Equal(402, http.Response.StatusCode);
        Assert.Equal(
            $$$$"""{"x402Version":2,"resource":{"url":"https://gateway.example/v1/chat/completions","description":"Model inference by the call","mimeType":"application/json"},"accepts":[{"scheme":"batch-settlement","network":"eip155:412346","amount":"123","asset":"{{{{token}}}}","payTo":"{{{{key}}}}","maxTimeoutSeconds":120,"extra":{"name":"USD Coin","version":"2","receiverAuthorizer":"{{{{key}}}}","withdrawDelay":900}},{"scheme":"exact","network":"eip155:412346","amount":"123","asset":"{{{{token}}}}","payTo":"{{{{key}}}}","maxTimeoutSeconds":120,"extra":{"name":"USD Coin","version":"2"}}],"error":"payment_required","extensions":""" + Extensions + "}",
            Encoding.UTF8.GetString(Convert.FromBase64String(http.Response.Headers["PAYMENT-REQUIRED"]!)));
        Assert.Equal(
            $$$$"""{"x402Version":1,"error":"payment_required","accepts":[{"scheme":"exact","network":"eip155:412346","maxAmountRequired":"123","asset":"{{{{token}}}}","payTo":"{{{{key}}}}","resource":"https://gateway.example/v1/chat/completions","description":"Model inference by the call","mimeType":"application/json","maxTimeoutSeconds":120,"extra":{"name":"USD Coin","version":"2"}}]}""",
            body);
        Assert.Equal("no-store", http.Response.Headers.CacheControl);
    }

    [Fact]
    public async Task Without_a_relay_key_nothing_is_offered_that_needs_a_transaction()
    {
        _gateway.Chain.Relay = null;
        var (http, body) = await WriteAsync(_gateway.Get<PaymentOffers>().Demand(new(123), "payment_required"));
        var required = X402Header.Decode<PaymentRequired>(http.Response.Headers["PAYMENT-REQUIRED"]!, out _)!;
        Assert.Equal("batch-settlement", Assert.Single(required.Accepts).Scheme);
        Assert.Contains("\"accepts\":[]", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_speaks_version_1_alone_is_spared_the_header()
    {
        var (http, body) = await WriteAsync(_gateway.Get<PaymentOffers>().Demand(new(123), "payment_required"), version: "1");
        Assert.False(http.Response.Headers.ContainsKey("PAYMENT-REQUIRED"));
        Assert.Contains("\"scheme\":\"exact\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_settlement_is_stated_in_the_headers_of_both_versions()
    {
        var refusal = _gateway.Get<PaymentOffers>().Failed(new(1), ExactError.SettlementPending, _gateway.Client.Address, "wait", default(Ncn.Protocol.Hash32));
        var (http, _) = await WriteAsync(refusal);
        var settlement = X402Header.Decode<SettlementResponse>(http.Response.Headers["PAYMENT-RESPONSE"]!, out _)!;
        Assert.Equal((false, "settlement_pending"), (settlement.Success, settlement.ErrorReason));
        Assert.Equal(http.Response.Headers["PAYMENT-RESPONSE"], http.Response.Headers["X-PAYMENT-RESPONSE"]);
    }

    [Theory]
    [InlineData("not base64!", "invalid_payload", 400)]
    [InlineData("bnVsbA==", "invalid_payload", 400)]
    [InlineData("eyJ4NDAyVmVyc2lvbiI6OSwicGF5bG9hZCI6e319", "invalid_x402_version", 400)]
    [InlineData("long", "invalid_payload", 400)]
    [InlineData("eyJ4NDAyVmVyc2lvbiI6MSwic2NoZW1lIjoidXB0byIsIm5ldHdvcmsiOiJuIiwicGF5bG9hZCI6e319", "unsupported_scheme", 402)]
    public void Headers_that_are_no_payment_are_told_by_their_code(string header, string code, int status)
    {
        var http = MemoryGateway.Http();
        http.Request.Headers["X-PAYMENT"] = header == "long" ? new string('A', 20_000) : header;
        var refusal = Assert.Throws<PaymentException>(() => _gateway.Get<PaymentReader>().Read(HttpCalls.Read(http), new(1)));
        Assert.Equal((status, code), (refusal.Status, refusal.Error));
    }

    private static async Task<(HttpContext Http, string Body)> WriteAsync(PaymentException refusal, string? version = null)
    {
        var http = MemoryGateway.Http();
        http.Request.Host = new HostString("gateway.example");
        http.Request.Scheme = "https";
        http.Request.Path = "/v1/chat/completions";
        if (version is not null)
        {
            http.Request.Headers["x402-version"] = version;
        }

        await PaymentAnswer.WriteAsync(http, refusal);
        http.Response.Body.Position = 0;
        using var reader = new StreamReader(http.Response.Body);
        return (http, await reader.ReadToEndAsync());
    }
}
