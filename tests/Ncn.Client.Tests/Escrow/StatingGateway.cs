using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Client.Tests.Escrow;

/// <summary>A gateway with the real ledger and a key on the real chain: serves, states, and claims what its owner wants.</summary>
internal sealed class StatingGateway(Party party, SubnetId subnet, Eip712Domain payments, Eip712Domain network) : HttpMessageHandler
{
    private ChannelState state = ChannelState.Empty;
    private ulong now = 1_790_000_000_000;

    public SignedVoucher BestVoucher => new(state.Config!, state.VoucherMax, state.VoucherSignature!.Value);

    public TokenAmount Charged => state.Charged;

    /// <summary>One request on a voucher, served and charged.</summary>
    public SettlementExtra Serve(PaymentPayload payment, TokenAmount ceiling, TokenAmount cost, TokenAmount balance)
    {
        var config = payment.Payload.ChannelConfig.ToConfig();
        var voucher = new SignedVoucher(config, payment.Payload.Voucher.MaxClaimableAmount, payment.Payload.Voucher.Signature);
        Assert.True(voucher.IsAuthentic(payments));
        var key = Guid.NewGuid().ToString("N");
        Assert.Equal(ChannelOutcome.Accepted, Step(new ChannelInput.Reserve(now, key, voucher, ceiling, new ChannelFunds(balance, default), ulong.MaxValue)).Outcome);
        var charged = Step(new ChannelInput.Charge(now, key, cost));
        return new SettlementExtra(cost, new ChannelStateView(
            config.Id(payments), balance, default, charged.Charged, charged.Reserved, StatedMaxClaimable: charged.Stated?.MaxClaimable));
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = System.Text.Json.JsonSerializer.Deserialize<StatementCall>(await request.Content!.ReadAsByteArrayAsync(cancellationToken), ProtocolJson.Strict)!;
        var config = call.ChannelConfig.ToConfig();
        Assert.True(ChannelCalls.IsPayerSide(call.Request, config, network));
        now += ChannelLedger.StatementIntervalMilliseconds;
        var voucher = new SignedVoucher(config, call.Voucher!.MaxClaimableAmount, call.Voucher.Signature);
        var stated = Step(new ChannelInput.State(now, voucher, call.Request.Message.IssuedAt)).Stated!;
        var statement = new ChannelStatement(subnet, payments.VerifyingContract, config.Id(payments), stated.MaxClaimable, stated.Charged, stated.IssuedAt / 1000);
        return new HttpResponseMessage
        {
            Content = new ByteArrayContent(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(party.Signer.Sign(statement, network), ProtocolJson.Options)),
        };
    }

    private ChannelResult Step(ChannelInput input)
    {
        (state, var result) = ChannelLedger.Apply(state, input);
        return result;
    }
}
