using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Reads the error of the service: <c>{"odata.error":{"code":…,"message":{"value":…}}}</c>.</summary>
internal sealed class TableErrors : RequestFailedDetailsParser
{
    public static readonly TableErrors Instance = new();

    public override bool TryParse(Response response, out ResponseError? error, out IDictionary<string, string>? data)
    {
        (error, data) = (null, null);
        if (response.ContentStream is not MemoryStream content)
        {
            return false;
        }

        try
        {
            content.Position = 0;
            using var json = JsonDocument.Parse(content);
            error = Read(json.RootElement);
            return error is not null;
        }
        catch (JsonException)
        {
            // A proxy's page, say; the exception then shows the body as it is.
            return false;
        }
        finally
        {
            content.Position = 0;
        }
    }

    private static ResponseError? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("odata.error", out var error) || !error.TryGetProperty("code", out var code))
        {
            return null;
        }

        var message = error.TryGetProperty("message", out var text) && text.TryGetProperty("value", out var value) ? value.GetString() : null;
        return new ResponseError(code.GetString(), message);
    }
}
