using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Payments.Spending;

/// <summary>Judges what the payer's side asks about a channel, before any actor is woken: the request brings the channel's definition.</summary>
public sealed class PayerJudge(GatewayIdentity identity, TimeProvider time)
{
    /// <summary>The channel that a signed and recent request of its payer's side names. Throws <see cref="ApiException"/> for any other request.</summary>
    internal ChannelId Judge<T>(string path, ChannelConfigView? view, Signed<T>? request, Func<T, ChannelId> channelOf, Func<T, ulong> timeOf)
        where T : class, ITypedData
    {
        var (channel, config) = Named(path, view, request, channelOf);
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        var age = now > timeOf(request!.Message) ? now - timeOf(request.Message) : timeOf(request.Message) - now;
        return age > ChannelCalls.MaxAgeMilliseconds
            ? throw Invalid($"The request's issuedAt is {age} ms from the gateway's clock ({now}); sign it anew with the present time")
            : ChannelCalls.IsPayerSide(request, config, identity.NetworkDomain)
                ? channel
                : throw new ApiException(new ApiError(
                    403, "not_the_payer", "The request is not signed by the channel's payer or its voucher key; only they may ask about a channel."));
    }

    /// <summary>The channel and its definition, if path, message and definition name one channel to this gateway.</summary>
    internal (ChannelId Channel, ChannelConfig Config) Named<T>(string path, ChannelConfigView? view, Signed<T>? request, Func<T, ChannelId> channelOf)
        where T : class, ITypedData
    {
        if (view is null || request?.Message is not { } message)
        {
            throw Invalid("The request names no channel or no signed message");
        }

        var config = view.ToConfig();
        var channel = config.Id(identity.PaymentsDomain);
        return channelOf(message) == channel && Hex.TryParse<ChannelId>(path, out var named) && named == channel && config.Receiver == identity.Address
            ? (channel, config)
            : throw new ApiException(ApiError.BadRequest(
                "wrong_channel", "The path, the signed message and the channel's definition must name one channel whose receiver is this gateway."));
    }

    internal static ApiException Invalid(string problem) =>
        new(ApiError.BadRequest("invalid_request", $"{problem}; see ARCHITECTURE.md, \"What a gateway offers to payers\"."));
}
