using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Payments.Tests;

public sealed class PricingTests
{
    private static readonly ModelPrice Price = new(new(10), new(2), new(6), new(100));

    [Theory]
    [InlineData(5, 3, 0, 10 + 10 + 18)]
    [InlineData(5, 0, 0, 0)]
    [InlineData(0, 0, 4, 410)]
    public void A_use_costs_what_the_offer_says_and_an_empty_answer_nothing(uint prompt, uint completion, uint rows, uint expected) =>
        Assert.Equal(new TokenAmount(expected), UsagePrice.Of(Price, new Usage(prompt, completion, rows)));

    [Theory]
    [InlineData(100, 1000, 110)]
    [InlineData(101, 1000, 112)]
    [InlineData(0, 1000, 0)]
    [InlineData(7, 0, 7)]
    [InlineData(1, 1, 2)]
    public void A_margin_is_rounded_up_to_a_whole_unit(uint price, uint margin, uint expected) =>
        Assert.Equal(new TokenAmount(expected), UsagePrice.WithMargin(new(price), margin));

    [Fact]
    public void A_price_that_does_not_fit_is_an_error_and_never_wraps() =>
        Assert.Throws<OverflowException>(() => UsagePrice.Of(Price with { PerInputRow = new(UInt128.MaxValue) }, new Usage(0, 0, 2)));

    [Fact]
    public void Headers_survive_a_round_trip_and_refuse_what_is_not_theirs()
    {
        var voucher = new SignedVoucher(
            Ncn.Payments.Channels.NodeChannel.Config(Address.Zero, Address.Zero, Address.Zero), new(12), default);
        var domain = Eip712Domain.Payments(412346, Address.Zero);
        var payment = NodePayment.From(voucher, domain);
        var payload = new PaymentPayload(2, new BatchPayload("voucher", payment.ChannelConfig, payment.Voucher));
        Assert.Equal(payload, X402Header.Decode<PaymentPayload>(X402Header.Encode(payload), out _));

        Assert.Null(X402Header.Decode<PaymentPayload>("not base64!", out var problem));
        Assert.Contains("base64", problem, StringComparison.Ordinal);
        Assert.Null(X402Header.Decode<PaymentPayload>(Convert.ToBase64String("{\"x402Version\":2}"u8), out problem));
        Assert.NotEmpty(problem);
        Assert.Null(X402Header.Decode<PaymentPayload>(new string('A', X402Header.MaxLength + 4), out problem));
        Assert.Contains("at most", problem, StringComparison.Ordinal);
    }
}
