using System.Net;
using System.Text.Json;
using Ncn.Payments.X402;

namespace Ncn.Client;

/// <summary>Reads errors in the shapes that a gateway has: OpenAI's object, the Open Inference Protocol's text, x402's code, problem+json.</summary>
internal static class GatewayErrors
{
    public static JsonElement ParseOrNothing(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Not every refusal has a JSON body; its status says enough.
            return default;
        }
    }

    public static NcnException From(HttpStatusCode status, JsonElement body)
    {
        var error = body.ValueKind == JsonValueKind.Object && body.TryGetProperty("error", out var member) ? member : default;
        var (code, message) = error.ValueKind switch
        {
            JsonValueKind.Object => (Text(error, "code"), Text(error, "message")),
            JsonValueKind.String => (null, error.GetString()),
            _ when body.ValueKind == JsonValueKind.Object => (Text(body, "title"), Text(body, "detail")),
            _ => (null, null),
        };
        return status == HttpStatusCode.PaymentRequired
            ? new NcnException(status, message, Unpaid(message))
            : new NcnException(status, code, message ?? $"The gateway answered {(int)status}.");
    }

    private static string Unpaid(string? code) => code switch
    {
        BatchSettlementError.ExceedsBalance => "The escrow of the channel does not cover the request. Deposit more, or wait until requests in flight have ended.",
        BatchSettlementError.ChannelNotFound => "The channel to this gateway holds nothing yet. Deposit into it first.",
        BatchSettlementError.ChannelBusy => "Too many requests are in flight on the channel. Wait until some have ended.",
        null or "payment_required" => "The gateway asks for payment, and this client does not pay.",
        _ => $"The gateway does not take the payment: {code}.",
    };

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
