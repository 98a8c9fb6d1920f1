using System.Text;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.X402;

/// <summary>Payments from outside: every form of both versions, and what is none.</summary>
public sealed class IncomingPaymentTests
{
    private const string A = "0x1111111111111111111111111111111111111111";
    private const string B = "0x2222222222222222222222222222222222222222";
    private static readonly string Sig = "0x" + new string('a', 130);
    private static readonly string Word = "0x" + new string('b', 64);

    private static readonly string Transfer =
        $$$"""{"signature":"{{{Sig}}}","authorization":{"from":"{{{A}}}","to":"{{{B}}}","value":"123","validAfter":"0","validBefore":"1790000000","nonce":"{{{Word}}}"}}""";

    private static readonly string Channel =
        $$$"""{"payer":"{{{A}}}","payerAuthorizer":"{{{A}}}","receiver":"{{{B}}}","receiverAuthorizer":"{{{B}}}","token":"{{{B}}}","withdrawDelay":900,"salt":"{{{Word}}}"}""";

    private static readonly string Voucher = $$$"""{"channelId":"{{{Word}}}","maxClaimableAmount":"500","signature":"{{{Sig}}}"}""";

    private static readonly string Accepted =
        $$$"""{"scheme":"SCHEME","network":"eip155:412346","amount":"123","asset":"{{{B}}}","payTo":"{{{B}}}","maxTimeoutSeconds":60,"extra":{"name":"USD Coin","x":[1,{}]}}""";

    [Fact]
    public void Exact_of_version_1_is_read()
    {
        var payment = Assert.IsType<IncomingPayment.Exact>(Parse($$$"""{"x402Version":1,"scheme":"exact","network":"base-sepolia","payload":{{{Transfer}}}}"""));
        Assert.Equal((1, "base-sepolia"), (payment.Version, payment.Terms!.Network));
        Assert.Equal(new TokenAmount(123), payment.Payload.Authorization.Value);
    }

    [Fact]
    public void Exact_of_version_2_is_read_with_whatever_else_a_stock_client_sends()
    {
        var json = $$$"""{"x402Version":2,"payload":{{{Transfer}}},"extensions":{"a":{"info":1}},"resource":{"url":"http://x"},"accepted":{{{Of("exact")}}}}""";
        Assert.Equal(Address.Parse(B), Assert.IsType<IncomingPayment.Exact>(Parse(json)).Terms!.PayTo);
    }

    [Theory]
    [InlineData("none", "{}", true, null)]
    [InlineData("announced and not used", """{"payment-identifier":{"info":{"required":false},"schema":{}}}""", true, null)]
    [InlineData("sixteen characters", """{"payment-identifier":{"info":{"id":"0123456789_-aZ42"}}}""", true, "0123456789_-aZ42")]
    [InlineData("fifteen characters", """{"payment-identifier":{"info":{"id":"0123456789abcde"}}}""", false, null)]
    [InlineData("a character that is not allowed", """{"payment-identifier":{"info":{"id":"0123456789abcde "}}}""", false, null)]
    [InlineData("a number", """{"payment-identifier":{"info":{"id":1234567890123456}}}""", false, null)]
    public void The_payers_name_of_its_payment_is_read(string step, string extensions, bool isGood, string? id)
    {
        var json = $$$"""{"x402Version":2,"payload":{{{Transfer}}},"extensions":{{{extensions}}},"accepted":{{{Of("exact")}}}}""";
        var payment = IncomingPayment.Parse(System.Text.Encoding.UTF8.GetBytes(json), out var problem);
        Assert.True((isGood, id) == (payment is not null, payment?.Identifier) && isGood == problem is null, step);
    }

    [Theory]
    [InlineData("voucher", "")]
    [InlineData("deposit", ""","deposit":{"amount":"5","authorization":{"erc3009Authorization":{"validAfter":"0","validBefore":"1790000000","salt":"WORD","signature":"SIG"}}}""")]
    [InlineData("deposit", ""","deposit":{"amount":"5","authorization":{"permit2Authorization":{"from":"0x"}}}""")]
    [InlineData("refund", ""","amount":"7" """)]
    public void Every_type_of_batch_settlement_is_read(string type, string more)
    {
        var members = more.Replace("WORD", Word, StringComparison.Ordinal).Replace("SIG", Sig, StringComparison.Ordinal);
        var json = $$$"""{"x402Version":2,"payload":{"type":"{{{type}}}","channelConfig":{{{Channel}}},"voucher":{{{Voucher}}}{{{members}}}},"accepted":{{{Of("batch-settlement")}}}}""";
        var payload = Assert.IsType<IncomingPayment.Batch>(Parse(json)).Payload;
        Assert.Equal((type, type == "refund", type == "deposit"), (payload.Type, payload.Amount is not null, payload.Deposit is not null));
        Assert.Null(payload.Parallel);
    }

    [Fact]
    public void Without_accepted_the_members_tell_the_scheme()
    {
        Assert.IsType<IncomingPayment.Exact>(Parse($$$"""{"x402Version":2,"payload":{{{Transfer}}}}"""));
        Assert.IsType<IncomingPayment.Batch>(Parse($$$"""{"x402Version":2,"payload":{"type":"voucher","channelConfig":{{{Channel}}},"voucher":{{{Voucher}}}}}"""));
    }

    [Theory]
    [InlineData("", "invalid_payload")]
    [InlineData("null", "invalid_payload")]
    [InlineData("[]", "invalid_payload")]
    [InlineData("{}", "invalid_payload")]
    [InlineData("""{"x402Version":2,"payload":7}""", "invalid_payload")]
    [InlineData("""{"x402Version":2,"payload":{}}""", "invalid_payload")]
    [InlineData("""{"x402Version":3,"payload":{}}""", "invalid_x402_version")]
    [InlineData("""{"x402Version":"2","payload":{}}""", "invalid_x402_version")]
    [InlineData("""{"x402Version":2e99,"payload":{}}""", "invalid_x402_version")]
    [InlineData("""{"payload":{}}""", "invalid_x402_version")]
    [InlineData("""{"x402Version":1,"payload":TRANSFER}""", "invalid_payload")]
    [InlineData("""{"x402Version":1,"scheme":"upto","network":"base","payload":TRANSFER}""", "unsupported_scheme")]
    [InlineData("""{"x402Version":1,"scheme":"batch-settlement","network":"base","payload":TRANSFER}""", "unsupported_scheme")]
    [InlineData("""{"x402Version":1,"scheme":9,"network":"base","payload":TRANSFER}""", "invalid_payload")]
    [InlineData("""{"x402Version":2,"payload":TRANSFER,"accepted":{"scheme":"exact"}}""", "invalid_payload")]
    [InlineData("""{"x402Version":2,"payload":TRANSFER,"accepted":{"scheme":"exact","network":"n","asset":"0x12"}}""", "invalid_payload")]
    [InlineData("""{"x402Version":2,"x402Version":2,"payload":TRANSFER}""", "invalid_payload")]
    [InlineData("""{"x402Version":2,"payload":{"signature":"SIG","signature":"SIG","authorization":{}}}""", "invalid_payload")]
    public void What_is_no_payment_is_told_by_its_code(string text, string code)
    {
        var json = text.Replace("TRANSFER", Transfer, StringComparison.Ordinal).Replace("SIG", Sig, StringComparison.Ordinal);
        Assert.Null(IncomingPayment.Parse(Encoding.UTF8.GetBytes(json), out var problem));
        Assert.Equal(code, problem!.Code);
        Assert.NotEmpty(problem.Message);
    }

    [Theory]
    [InlineData("\"123\"", "123")]
    [InlineData("\"123\"", "-1")]
    [InlineData("\"123\"", "\"-1\"")]
    [InlineData("\"123\"", "\"1.5\"")]
    [InlineData("\"123\"", "\"1e3\"")]
    [InlineData("\"123\"", "\"340282366920938463463374607431768211456\"")]
    [InlineData("\"123\"", "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"")]
    [InlineData("\"1790000000\"", "\" 1790000000\"")]
    [InlineData("\"from\"", "\"fro\"")]
    public void Wrong_types_and_huge_numbers_are_refused(string good, string bad)
    {
        var json = $$$"""{"x402Version":2,"payload":{{{Transfer.Replace(good, bad, StringComparison.Ordinal)}}}}""";
        Assert.Null(IncomingPayment.Parse(Encoding.UTF8.GetBytes(json), out var problem));
        Assert.Equal("invalid_payload", problem!.Code);
    }

    [Fact]
    public void Broken_text_and_depth_are_refused()
    {
        byte[] broken = [.. "{\"x402Version\":2,\"payload\":{\"type\":\""u8, 0xff, .. "\"}}"u8];
        Assert.Null(IncomingPayment.Parse(broken, out var problem));
        Assert.Equal("invalid_payload", problem!.Code);
        Assert.Null(IncomingPayment.Parse(Encoding.UTF8.GetBytes("""{"x402Version":1,"scheme":"\ud800","network":"n","payload":{}}"""), out problem));
        Assert.NotNull(problem);
        Assert.Null(IncomingPayment.Parse(Encoding.UTF8.GetBytes(new string('[', 5000)), out problem));
        Assert.Equal("invalid_payload", problem!.Code);
    }

    private static string Of(string scheme) => Accepted.Replace("SCHEME", scheme, StringComparison.Ordinal);

    private static IncomingPayment Parse(string json)
    {
        var payment = IncomingPayment.Parse(Encoding.UTF8.GetBytes(json), out var problem);
        Assert.True(payment is not null, problem?.Message);
        return payment;
    }
}
