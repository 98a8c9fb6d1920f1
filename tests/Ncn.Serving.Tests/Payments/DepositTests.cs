using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Batch;

namespace Ncn.Serving.Tests.Payments;

/// <summary>Deposits that come with a request, and refunds: the ledger and the chain never promise the same unit twice.</summary>
public sealed class DepositTests : IDisposable
{
    private const ulong Price = 100;
    private static readonly RequestId Request = MemoryGateway.Request('a');
    private readonly MemoryGateway _gateway = new();

    public DepositTests()
    {
        _gateway.Escrow.Balance = 0;
        _gateway.Chain.Balances[_gateway.Client.Address] = 1_000;
    }

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task The_work_begins_when_the_deposit_has_its_confirmations()
    {
        _gateway.Escrow.ReadsUntilCounted = 3;
        _gateway.Escrow.Counted = 500;
        var hold = await HoldAsync(Request, voucher: Price, deposit: 500);

        Assert.Equal(500ul, _gateway.Escrow.Balance);
        var (cost, settlement) = await hold.ChargeAsync(new(30));
        Assert.Equal(new TokenAmount(30), cost);
        Assert.Equal(("500", "30"), (settlement.Amount, settlement.Extra!.ChannelState.ChargedCumulativeAmount.ToString()));
        Assert.StartsWith("0x", settlement.Transaction, StringComparison.Ordinal);
        Assert.Null(_gateway.ClientLedger.State.Turn);
    }

    [Fact]
    public async Task A_stream_states_the_deposit_at_once_with_nothing_charged()
    {
        _gateway.Escrow.Counted = 500;
        var hold = await HoldAsync(Request, voucher: Price, deposit: 500);
        var stated = (await hold.BeginStreamAsync(default))!;
        Assert.Equal(("500", TokenAmount.Zero), (stated.Amount, stated.Extra!.ChargedAmount));
    }

    [Fact]
    public async Task A_deposit_that_fails_holds_nothing_and_keeps_nobody_waiting()
    {
        _gateway.Chain.BeforeDeposit = () => _gateway.Chain.Balances[_gateway.Client.Address] = 0;
        var refusal = await Assert.ThrowsAsync<PaymentException>(() => HoldAsync(Request, voucher: Price, deposit: 500));

        Assert.Equal(BatchSettlementError.DepositFailed, refusal.Error);
        Assert.False(refusal.Settlement!.Success);
        Assert.Empty(_gateway.ClientLedger.State.Reservations);
        Assert.Null(_gateway.ClientLedger.State.Turn);
    }

    [Fact]
    public async Task A_deposit_above_the_payers_balance_is_not_even_tried()
    {
        var refusal = await Assert.ThrowsAsync<PaymentException>(() => HoldAsync(Request, voucher: Price, deposit: 1_001));
        Assert.Equal(BatchSettlementError.InsufficientBalance, refusal.Error);
        Assert.Null(_gateway.ClientLedger.State.Config);
    }

    [Fact]
    public async Task A_voucher_above_balance_and_deposit_together_is_refused_before_anything_moves()
    {
        var refusal = await Assert.ThrowsAsync<PaymentException>(() => HoldAsync(Request, voucher: Price, deposit: 99));
        Assert.Equal(BatchSettlementError.ExceedsBalance, refusal.Error);
        Assert.Equal(1_000ul, _gateway.Chain.Balances[_gateway.Client.Address]);
    }

    [Fact]
    public async Task A_correction_carries_the_last_voucher_and_the_total_to_add_to()
    {
        _gateway.Escrow.Balance = 1_000_000;
        await (await _gateway.ReserveAsync(Request, Price, Price, repeatable: false, isStrict: true)).ChargeAsync(new(40));

        var refusal = await Assert.ThrowsAsync<PaymentException>(() =>
            _gateway.ReserveAsync(MemoryGateway.Request('b'), Price, Price, repeatable: false, isStrict: true));

        Assert.Equal(BatchSettlementError.AmountMismatch, refusal.Error);
        var extra = refusal.Accepts[0].Extra;
        Assert.Equal((40ul, 0ul), ((ulong)extra.ChannelState!.ChargedCumulativeAmount.Units, (ulong)extra.ChannelState.ReservedAmount.Units));
        Assert.Equal(new TokenAmount(Price), extra.VoucherState!.SignedMaxClaimable);
        Assert.Equal(_gateway.Voucher(Price).Signature, extra.VoucherState.Signature);
        await _gateway.ReserveAsync(MemoryGateway.Request('b'), 40 + Price, Price, repeatable: false, isStrict: true);
    }

    [Fact]
    public async Task Eight_at_once_at_one_gateway_are_each_corrected_once_and_all_get_in()
    {
        _gateway.Escrow.Balance = 1_000_000;
        var corrections = 0;
        await Task.WhenAll("12345678".Select(digit => Task.Run(() => PayAsync(MemoryGateway.Request(digit)))));

        Assert.Equal(7, corrections);
        Assert.Equal(8, _gateway.ClientLedger.State.Reservations.Count);

        async Task PayAsync(RequestId request)
        {
            try
            {
                await _gateway.ReserveAsync(request, Price, Price, repeatable: false, isStrict: true);
            }
            catch (PaymentException corrected)
            {
                Interlocked.Increment(ref corrections);
                var total = (ulong)corrected.Accepts[0].Extra.ChannelState!.ChargedCumulativeAmount.Units;
                await _gateway.ReserveAsync(request, total + Price, Price, repeatable: false, isStrict: true);
            }
        }
    }

    [Fact]
    public async Task A_refund_moves_what_is_not_charged_and_is_not_made_twice()
    {
        _gateway.Escrow.Balance = 1_000;
        await (await _gateway.ReserveAsync(Request, Price, Price, repeatable: false, isStrict: true)).ChargeAsync(new(40));
        var wish = new ClientPayment.Refund(_gateway.Voucher(40), Amount: null);

        var settlement = await _gateway.Get<RefundDesk>().RefundAsync(wish, default);

        Assert.Equal((true, "960"), (settlement.Success, settlement.Amount));
        Assert.Equal((1ul, 1_960ul), (_gateway.Chain.RefundNonce, _gateway.Chain.Balances[_gateway.Client.Address]));
        Assert.Null(_gateway.ClientLedger.State.Refund);
        _gateway.Escrow.Balance = 40;
        var again = await Assert.ThrowsAsync<PaymentException>(() => _gateway.Get<RefundDesk>().RefundAsync(wish, default));
        Assert.Equal(BatchSettlementError.RefundNoBalance, again.Error);
    }

    [Fact]
    public async Task A_refund_asked_for_with_an_old_total_is_corrected()
    {
        _gateway.Escrow.Balance = 1_000;
        await (await _gateway.ReserveAsync(Request, Price, Price, repeatable: false, isStrict: true)).ChargeAsync(new(40));
        var refusal = await Assert.ThrowsAsync<PaymentException>(() =>
            _gateway.Get<RefundDesk>().RefundAsync(new ClientPayment.Refund(_gateway.Voucher(0), Amount: null), default));
        Assert.Equal(BatchSettlementError.AmountMismatch, refusal.Error);
        Assert.Equal(new TokenAmount(40), refusal.Accepts[0].Extra.ChannelState!.ChargedCumulativeAmount);
    }

    [Fact]
    public async Task A_refund_whose_record_was_lost_with_a_gateway_does_not_hold_the_money_for_ever()
    {
        _gateway.Escrow.Balance = 1_000;
        await (await _gateway.ReserveAsync(Request, Price, Price, repeatable: false, isStrict: true)).ChargeAsync(new(40));
        await _gateway.ClientLedger.BeginRefundAsync(new(_gateway.Voucher(40), null, new ChannelFunds(new(1_000), default), 0));
        // It was mined, the payer deposited again, and nobody told the ledger.
        _gateway.Chain.RefundNonce = 1;

        await _gateway.ReserveAsync(MemoryGateway.Request('b'), 40 + Price, Price, repeatable: false, isStrict: true);
        Assert.Null(_gateway.ClientLedger.State.Refund);
    }

    private Task<IPaymentHold> HoldAsync(RequestId request, ulong voucher, ulong deposit)
    {
        var authorization = new Erc3009Authorization(default, new(ulong.MaxValue), Hash32.Parse("0x" + new string('7', 64)), default);
        var payment = new ClientPayment.Voucher(
            _gateway.Voucher(voucher), IsStrict: true, new DepositView(new(deposit), new DepositAuthorization(authorization)));
        return _gateway.Gate.HoldAsync(new HoldCall(request, new(Price), TimeSpan.FromMinutes(1)), payment, default);
    }
}
