using System.Net;
using System.Text.Json;

namespace Ncn.Client;

/// <summary>Reads errors in the three shapes that a gateway has: OpenAI's object, the Open Inference Protocol's text, x402's code.</summary>
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
            _ => (null, null),
        };
        return new NcnException(status, code ?? (status == HttpStatusCode.PaymentRequired ? message : null), message ?? $"The gateway answered {(int)status}.");
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
