using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.X402;

/// <summary>Payments between settlement and delivery.</summary>
public sealed class OpenPaymentsTests
{
    private OpenPayments _state = OpenPayments.Empty;

    [Fact]
    public void A_payment_pays_for_one_request_and_goes_on_with_it()
    {
        Assert.Equal(OpenPaymentOutcome.Accepted, Open(1, request: 1));
        Assert.Equal(OpenPaymentOutcome.Accepted, Open(1, request: 1));
        Assert.Equal(OpenPaymentOutcome.OtherRequest, Open(1, request: 2));
        Step(new OpenPaymentInput.Close(2, Payload(1).Id()));
        Assert.Empty(_state.All);
    }

    [Fact]
    public void What_is_owed_or_was_paid_back_pays_for_nothing_any_more()
    {
        Open(1, request: 1);
        Step(new OpenPaymentInput.Owe(2, Payload(1).Id()));
        Assert.Equal(OpenPaymentOutcome.Ended, Open(1, request: 1));
        Step(new OpenPaymentInput.Return(3, Payload(1).Id(), Hash(9)));
        Assert.Equal(OpenPaymentOutcome.Ended, Open(1, request: 1));
        // A second debt for the same payment does not come up.
        Step(new OpenPaymentInput.Owe(4, Payload(1).Id()));
        Assert.Equal(OpenPaymentPhase.Returned, _state.All[Payload(1).Id()].Phase);
    }

    [Fact]
    public void The_same_nonce_with_other_content_is_another_payment_for_the_same_request()
    {
        Open(1, request: 1);
        var dearer = Payload(1) with { Authorization = Payload(1).Authorization with { Value = new TokenAmount(999) } };
        var (_, outcome, _) = OpenPayments.Apply(_state, new OpenPaymentInput.Open(1, dearer, new RequestId(Hash(1))));
        Assert.Equal(OpenPaymentOutcome.OtherRequest, outcome);
    }

    [Fact]
    public void What_was_paid_back_is_forgotten_after_a_day_and_the_number_of_payments_is_bounded()
    {
        Open(1, request: 1);
        Step(new OpenPaymentInput.Return(2, Payload(1).Id(), Hash(9)));
        Open(2, request: 2, now: 2 + OpenPayments.MemoryMilliseconds);
        Assert.Equal([Payload(2).Id()], _state.All.Keys);

        for (var number = 3; _state.All.Count < OpenPayments.Max; number++)
        {
            Open(number, number);
        }

        Assert.Equal(OpenPaymentOutcome.TooMany, Open(99_999, request: 1));
        Assert.Equal(OpenPaymentOutcome.Unknown, Step(new OpenPaymentInput.Owe(1, Hash(1))));
    }

    private OpenPaymentOutcome Open(int payment, int request, ulong now = 1) =>
        Step(new OpenPaymentInput.Open(now, Payload(payment), new RequestId(Hash(request))));

    private OpenPaymentOutcome Step(OpenPaymentInput input)
    {
        (_state, var outcome, _) = OpenPayments.Apply(_state, input);
        return outcome;
    }

    private static ExactPayload Payload(int number) => new(
        default, new TransferWithAuthorization(Address.Zero, Address.Zero, new(5), default, new(1000), Hash(number)));

    private static Hash32 Hash(int number) => Hash32.Parse("0x" + number.ToString("x64", System.Globalization.CultureInfo.InvariantCulture));
}
