using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.Policies;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Payments.Spending;

/// <summary>What a payer lets its channel's key spend, and how long the channel will last.</summary>
public sealed class SpendingEndpoint(GatewayIdentity identity, PayerJudge judge, EscrowCache escrow, ChannelTurns turns, IActorProxyFactory actors, TimeProvider time)
{
    private const int MaxCallBytes = 32 * 1024;

    /// <summary>Sets the policy that the channel's payer has signed. It binds every gateway of this operator, from the next request on.</summary>
    public Task SetPolicyAsync(HttpContext http, string channelId) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var call = await NodesEndpoint.ReadAsync<SpendPolicyCall>(http, MaxCallBytes);
        var (channel, config) = judge.Named(channelId, call.ChannelConfig, call.Policy, static policy => policy.ChannelId);
        if (!call.Policy.Message.IsWellFormed)
        {
            throw new ApiException(Refusal(ChannelOutcome.PolicyMalformed));
        }

        if (!call.Policy.IsSignedBy(config.Payer, identity.NetworkDomain))
        {
            throw new ApiException(new ApiError(
                403, "not_the_payer", $"The policy is not signed by the channel's payer {config.Payer}; the key that it binds cannot set it."));
        }

        await RequireFundedAsync(channel, http.RequestAborted);
        var result = await Actor(channel).SetPolicyAsync(new PolicyCall(config, call.Policy));
        if (result.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated))
        {
            throw new ApiException(Refusal(result.Outcome));
        }

        await http.Response.WriteAsJsonAsync(call.Policy, ProtocolJson.Options, http.RequestAborted);
    });

    /// <summary>What the channel costs a day, how long it lasts, and what to look at.</summary>
    public Task ForecastAsync(HttpContext http, string channelId) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var header = http.Request.Headers[ChannelCalls.QueryHeader].FirstOrDefault()
            ?? throw PayerJudge.Invalid($"The header {ChannelCalls.QueryHeader} is missing");
        var call = X402Header.Decode<ChannelQueryCall>(header, out var problem) ?? throw PayerJudge.Invalid($"{ChannelCalls.QueryHeader}: {problem}");
        var channel = judge.Judge(channelId, call.ChannelConfig, call.Request, static query => query.ChannelId, static query => query.IssuedAt);
        await turns.FlushAsync(channel, http.RequestAborted);
        var spending = await Actor(channel).ReadSpendingAsync();
        var ledger = spending.Ledger;
        var funds = (await escrow.GetAsync(channel, ledger.VoucherMax, http.RequestAborted)).Funds;
        var forecast = SpendForecast.Of(
            spending.Book, spending.Policy?.Message, TokenAmount.SubtractOrZero(funds.Spendable, ledger.Charged + ledger.Reserved),
            !funds.Withdrawing.IsZero, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
        await http.Response.WriteAsJsonAsync(new ChannelForecast(channel, forecast, spending.Policy), ProtocolJson.Options, http.RequestAborted);
    });

    // Anybody can think of a channel and sign for it: one that holds money is somebody's.
    private async Task RequireFundedAsync(ChannelId channel, CancellationToken cancellationToken)
    {
        if ((await escrow.GetAsync(channel, new TokenAmount(1), cancellationToken)).Funds.Balance.IsZero)
        {
            throw new ApiException(new ApiError(409, "channel_unfunded", $"The channel {channel} holds nothing on chain; deposit into it, then set its policy."));
        }
    }

    private static ApiError Refusal(ChannelOutcome outcome) => outcome switch
    {
        ChannelOutcome.PolicyOutdated => new ApiError(
            409, "policy_outdated", "A policy with the same or a higher sequence is in force; sign one with a higher sequence."),
        ChannelOutcome.PolicyMalformed => ApiError.BadRequest(
            "invalid_policy",
            $"A policy names the key that signs the channel's vouchers, and at most {SpendPolicy.MaxModels} models, each once, by names of 1 to {SpendPolicy.MaxName} characters."),
        _ => ApiError.BadRequest("wrong_channel", "The policy is for another channel."),
    };

    private IChannelActor Actor(ChannelId channel) => actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
}
