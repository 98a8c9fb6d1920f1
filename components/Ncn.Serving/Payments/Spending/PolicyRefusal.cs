using Ncn.Payments.Channels;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Payments.Spending;

/// <summary>What a client is told when the payer's policy forbids its request: paying more would not help, so it is no 402.</summary>
internal static class PolicyRefusal
{
    /// <summary>Null for an outcome that is no policy's.</summary>
    public static ApiError? Of(ChannelOutcome outcome) => outcome switch
    {
        ChannelOutcome.PolicyExpired => Refuse("spend_policy_expired", "The payer's spend policy for this key has expired; the payer must sign a newer one."),
        ChannelOutcome.PolicyModel => Refuse("spend_policy_model", "The payer's spend policy does not allow this model; use one that it lists."),
        ChannelOutcome.PolicyRequestCap => Refuse(
            "spend_policy_request_cap", "The request may cost more than the payer's spend policy allows one request; ask for fewer tokens."),
        ChannelOutcome.PolicyDayCap => Refuse(
            "spend_policy_day_cap", "With this request the day may cost more than the payer's spend policy allows; wait until midnight UTC, or have the payer raise the cap."),
        ChannelOutcome.PolicyModelDayCap => Refuse(
            "spend_policy_model_day_cap", "With this request the model may cost more today than the payer's spend policy allows; use another model, or wait until midnight UTC."),
        _ => null,
    };

    private static ApiError Refuse(string code, string message) => new(403, code, message);
}
