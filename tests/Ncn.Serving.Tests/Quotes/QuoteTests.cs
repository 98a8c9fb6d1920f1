using System.Text;
using System.Text.Json;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Quotes;
using Ncn.Serving.Requests;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Quotes;

/// <summary>A quote states the very ceiling that a 402 asks, and what requests have cost; the gateway keeps to what it signed.</summary>
public sealed class QuoteTests : IDisposable
{
    private const string Path = "/v1/chat/completions";
    private const string Body = """{"model":"tiny-chat","messages":[{"role":"user","content":"How much?"}],"max_tokens":100}""";
    private readonly MemoryGateway _gateway = new();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task It_states_the_ceiling_of_the_402_and_is_signed_for_the_requests_very_bytes()
    {
        var (status, answer) = await QuoteAsync(Path, Body);
        Assert.Equal(200, status);
        var quote = answer.GetProperty("quote").Deserialize<Signed<Quote>>(ProtocolJson.Strict)!;
        Assert.True(quote.IsSignedBy(_gateway.Key.Address, _gateway.Identity.NetworkDomain));
        Assert.Equal(RequestIds.Fingerprint(Path, Encoding.UTF8.GetBytes(Body)), quote.Message.InputHash);
        Assert.Equal(MemoryActors.Now + 60_000, quote.Message.ExpiresAt);
        var unpaid = await Assert.ThrowsAsync<Serving.Payments.PaymentException>(() => AdmitAsync(quote: null));
        Assert.Equal(unpaid.Accepts[0].Amount, quote.Message.Ceiling);
        Assert.Equal(unpaid.Accepts[0].Amount.ToString(), answer.GetProperty("accepts")[0].GetProperty("amount").GetString());
        Assert.Equal(quote.Message.Ceiling, quote.Message.Expected);
    }

    [Fact]
    public async Task What_requests_have_used_is_what_is_expected()
    {
        _gateway.Get<MeasuredUse>().Add("tiny-chat", new Usage(100, 100, 0), new Usage(50, 20, 0));
        var (_, answer) = await QuoteAsync(Path, Body);
        var limit = answer.GetProperty("limit").GetProperty("promptTokens").GetUInt32();
        var expected = UsagePrice.WithMargin(UsagePrice.Of(MemoryGateway.Price, new Usage((limit + 1) / 2, 20, 0)), 1_000);
        Assert.Equal((1UL, expected.ToString()), (answer.GetProperty("measuredRequests").GetUInt64(), answer.GetProperty("expected").GetString()));
    }

    [Fact]
    public async Task A_dearer_price_is_held_to_the_quote()
    {
        var full = (await Assert.ThrowsAsync<Serving.Payments.PaymentException>(() => AdmitAsync(quote: null))).Accepts[0].Amount;
        var cheap = Quote(full - new TokenAmount(1));
        var unpaid = await Assert.ThrowsAsync<Serving.Payments.PaymentException>(() => AdmitAsync(Header(cheap, _gateway.Key)));
        Assert.Equal(cheap.Ceiling, unpaid.Accepts[0].Amount);
        (string Step, string Header)[] refused =
        [
            ("somebody else's signature", Header(cheap, _gateway.Client)),
            ("other bytes", Header(cheap with { InputHash = default }, _gateway.Key)),
            ("another subnet", Header(cheap with { Subnet = 2 }, _gateway.Key)),
            ("expired", Header(cheap with { ExpiresAt = MemoryActors.Now }, _gateway.Key)),
            ("no quote", "e30="),
        ];
        foreach (var (step, header) in refused)
        {
            var refusal = await Assert.ThrowsAsync<ApiException>(() => AdmitAsync(header));
            Assert.True(refusal.Error.Code == "invalid_quote", $"{step}: {refusal.Error.Code}");
        }
    }

    [Fact]
    public async Task A_node_that_raised_its_price_beyond_a_quote_is_not_paid_the_rest_by_the_gateway()
    {
        // A node's operator could ask for quotes, raise its price, and have itself be paid more for them than the client pays.
        var refusal = await Assert.ThrowsAsync<ApiException>(() => AdmitAsync(Header(Quote(new TokenAmount(7)), _gateway.Key)));
        Assert.Equal("quote_outdated", refusal.Error.Code);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"nobody","messages":[{"role":"user","content":"?"}]}""", 404, "model_not_found")]
    [InlineData("/v1/models", "{}", 400, "not_priced")]
    [InlineData("/v2/models/tiny-chat/infer", """{"inputs":[]}""", 400, "wrong_kind")]
    [InlineData("/v1/embeddings", """{"model":"tiny-chat","input":"x"}""", 400, "wrong_kind")]
    [InlineData("/v1/responses", """{"model":"tiny-chat","input":"x","previous_response_id":"resp_1"}""", 400, "not_priced")]
    public async Task What_cannot_be_priced_is_refused_with_its_reason(string path, string body, int status, string code)
    {
        var (was, answer) = await QuoteAsync(path, body);
        Assert.Equal((status, code), (was, answer.GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("/v1/completions", """{"model":"tiny-chat","prompt":"x","max_tokens":5}""")]
    [InlineData("/v1/responses", """{"model":"tiny-chat","input":"x","max_output_tokens":50}""")]
    public async Task Every_path_that_costs_something_is_priced(string path, string body) => Assert.Equal(200, (await QuoteAsync(path, body)).Status);

    private string Header(Quote quote, Signer signer) => X402Header.Encode(signer.Sign(quote, _gateway.Identity.NetworkDomain));

    private Task<Admission> AdmitAsync(string? quote)
    {
        var body = Encoding.UTF8.GetBytes(Body);
        var call = new ClientCall { Route = Path, ResourceUrl = "http://127.0.0.1:1" + Path, Quote = quote };
        return _gateway.Paid.AdmitAsync(call, ChatEndpoint.OrderOf(ChatRequest.Parse(body, 256), body), new ApiError(404, "model_not_found", "No such model."));
    }

    private Quote Quote(TokenAmount ceiling) => new(
        _gateway.Key.Address, 1, "tiny-chat", RequestIds.Fingerprint(Path, Encoding.UTF8.GetBytes(Body)), ceiling, new(5), MemoryActors.Now + 1);

    private async Task<(int Status, JsonElement Answer)> QuoteAsync(string path, string body)
    {
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes($$"""{"path":"{{path}}","body":{{body}}}"""));
        await _gateway.Get<QuoteEndpoint>().HandleAsync(http);
        return (http.Response.StatusCode, JsonDocument.Parse(((MemoryStream)http.Response.Body).ToArray()).RootElement.Clone());
    }
}
