using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Payments.Policies;

/// <summary>The body of <c>POST /ncn/v1/channels/{channelId}/policy</c>; the answer is the policy that is in force.</summary>
/// <param name="Policy">Signed by the channel's payer.</param>
public sealed record SpendPolicyCall(ChannelConfigView ChannelConfig, Signed<SpendPolicy> Policy);

/// <summary>The answer of <c>GET /ncn/v1/channels/{channelId}/forecast</c>.</summary>
/// <param name="Policy">What the payer allows, as it signed it; null when it set no bounds.</param>
public sealed record ChannelForecast(ChannelId ChannelId, SpendForecast Forecast, Signed<SpendPolicy>? Policy);
