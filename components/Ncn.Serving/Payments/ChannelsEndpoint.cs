using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Payments.Spending;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Payments;

/// <summary>What a payer asks about its own channel: how it stands, and a statement that holds the gateway to it.</summary>
/// <remarks>
/// Only the payer's side gets an answer, by a signed and recent request: what a payer was charged is nobody else's business, and a
/// stranger's statements would make the payer's vouchers useless. The request brings the channel's definition, so that it is judged
/// before any actor is woken.
/// </remarks>
public sealed class ChannelsEndpoint(
    GatewayIdentity identity, PayerJudge judge, EscrowCache escrow, ChannelTurns turns, IActorProxyFactory actors, IOptions<GatewayOptions> options)
{
    private const int MaxCallBytes = 4 * 1024;

    /// <summary>Signs what the channel was charged. The ledger has kept the promise before the signature exists.</summary>
    public Task StatementAsync(HttpContext http, string channelId) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var call = await NodesEndpoint.ReadAsync<StatementCall>(http, MaxCallBytes);
        var channel = judge.Judge(channelId, call.ChannelConfig, call.Request, static request => request.ChannelId, static request => request.IssuedAt);
        await turns.FlushAsync(channel, http.RequestAborted);
        var result = await Actor(channel).StateAsync(new StateCall(Authentic(channel, call), call.Request.Message.IssuedAt));
        var totals = result is { Outcome: ChannelOutcome.Accepted or ChannelOutcome.Repeated, Stated: { } stated }
            ? stated
            : throw new ApiException(Refusal(result.Outcome));
        var statement = new ChannelStatement(
            new SubnetId(options.Value.Subnet), identity.PaymentsDomain.VerifyingContract, channel, totals.MaxClaimable, totals.Charged,
            totals.IssuedAt / 1000);
        await http.Response.WriteAsJsonAsync(identity.Signer.Sign(statement, identity.NetworkDomain), ProtocolJson.Options, http.RequestAborted);
    });

    /// <summary>How the channel stands.</summary>
    public Task GetAsync(HttpContext http, string channelId) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var header = http.Request.Headers[ChannelCalls.QueryHeader].FirstOrDefault() ?? throw PayerJudge.Invalid($"The header {ChannelCalls.QueryHeader} is missing");
        var call = X402Header.Decode<ChannelQueryCall>(header, out var problem) ?? throw PayerJudge.Invalid($"{ChannelCalls.QueryHeader}: {problem}");
        var channel = judge.Judge(channelId, call.ChannelConfig, call.Request, static query => query.ChannelId, static query => query.IssuedAt);
        await turns.FlushAsync(channel, http.RequestAborted);
        var ledger = await Actor(channel).GetAsync();
        var view = await escrow.GetAsync(channel, ledger.VoucherMax, http.RequestAborted);
        var account = new ChannelAccount(
            channel, ledger.Charged, ledger.Reserved, ledger.VoucherMax, ledger.Stated?.MaxClaimable, view.Funds.Balance,
            view.TotalClaimed, view.Funds.Withdrawing);
        await http.Response.WriteAsJsonAsync(account, ProtocolJson.Options, http.RequestAborted);
    });

    private SignedVoucher? Authentic(ChannelId channel, StatementCall call)
    {
        if (call.Voucher is not { } shown)
        {
            return null;
        }

        var voucher = new SignedVoucher(call.ChannelConfig.ToConfig(), shown.MaxClaimableAmount, shown.Signature);
        return shown.ChannelId == channel && voucher.IsAuthentic(identity.PaymentsDomain)
            ? voucher
            : throw new ApiException(ApiError.BadRequest("wrong_voucher", "The voucher is not of this channel, or not signed by its voucher key."));
    }

    private static ApiError Refusal(ChannelOutcome outcome) => outcome switch
    {
        ChannelOutcome.InFlight => new ApiError(
            409, "requests_in_flight", "Requests are in flight on this channel, so what they cost is not known yet; ask again when they have ended.")
        { RetryAfterSeconds = 1 },
        ChannelOutcome.TooSoon => new ApiError(
            429, "statement_too_soon", $"The channel's last statement is younger than {ChannelLedger.StatementIntervalMilliseconds / 1000} s; ask again later.")
        { RetryAfterSeconds = (int)(ChannelLedger.StatementIntervalMilliseconds / 1000) },
        _ => new ApiError(404, "channel_unused", "No voucher was ever taken on this channel, so there is nothing to state."),
    };

    private IChannelActor Actor(ChannelId channel) => actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
}
