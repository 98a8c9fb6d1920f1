using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Webhooks;

/// <summary>A client's wish to be told when something is done.</summary>
/// <param name="Url">Where its event is to be sent.</param>
/// <param name="Secret">What the event is signed with; null to be given one.</param>
public sealed record WebhookWish(string Url, string? Secret)
{
    /// <summary>The header with the URL, for any request with <c>Prefer: respond-async</c>.</summary>
    public const string Header = "NCN-WEBHOOK";

    /// <summary>The header with the secret.</summary>
    public const string SecretHeader = "NCN-WEBHOOK-SECRET";

    private const string Member = "webhook";
    private const int MaxSecretLength = 128;

    /// <summary>The wish in the member <c>webhook</c> of a body; null when it has none.</summary>
    public static WebhookWish? Read(JsonElement root)
    {
        if (!root.TryGetProperty(Member, out var hook) || hook.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return hook.ValueKind == JsonValueKind.Object
            ? new WebhookWish(JsonBody.RequiredString(hook, "url"), JsonBody.OptionalString(hook, "secret", MaxSecretLength, Member))
            : throw new ApiException(ApiError.BadRequest("invalid_type", "webhook must be an object with the member url, and secret if you choose one.", Member));
    }

    /// <summary>The wish in two headers; null when there is none.</summary>
    public static WebhookWish? Of(string? url, string? secret) => string.IsNullOrEmpty(url) ? null : new WebhookWish(url, secret);
}
