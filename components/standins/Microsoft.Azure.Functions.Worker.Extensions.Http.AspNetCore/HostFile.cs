using System.Text.Json;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>The part of host.json that the HTTP triggers need.</summary>
internal static class HostFile
{
    public const string DefaultRoutePrefix = "api";

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>extensions.http.routePrefix without outer slashes; "api" when host.json does not say.</summary>
    /// <exception cref="InvalidOperationException">host.json is not valid JSON.</exception>
    public static string RoutePrefix(string directory)
    {
        var path = Path.Combine(directory, "host.json");
        if (!File.Exists(path))
        {
            return DefaultRoutePrefix;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path), Lenient);
            return Find(document.RootElement, "extensions", "http", "routePrefix") is { ValueKind: JsonValueKind.String } prefix
                ? prefix.GetString()!.Trim('/')
                : DefaultRoutePrefix;
        }
        catch (JsonException exception)
        {
            throw new InvalidOperationException($"{path} is not valid JSON: {exception.Message}", exception);
        }
    }

    private static JsonElement? Find(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element;
    }
}
