using System.Text.Json;
using System.Text.Json.Serialization;
using Inference;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>One line of the repository's index, as the model repository extension has it.</summary>
internal sealed record ModelIndexLine(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("version")] string Version,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("reason")] string Reason);

/// <summary>Reads the requests of the model repository extension; over REST their bodies may be empty.</summary>
internal static class RepositoryRequest
{
    // Clients send it with every unload; models here have no dependents, so it changes nothing.
    private const string Dependents = "unload_dependents";

    /// <summary>Whether only models that can be called are wanted: <c>{"ready": true}</c>.</summary>
    public static bool ReadIndex(byte[] body) => Read(body, root =>
        root.TryGetProperty("ready", out JsonElement ready) && ready.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw InferenceRefusal.Invalid("ready must be true or false."),
        });

    /// <summary>Refuses parameters that would change what is loaded: a model's manifest alone says that.</summary>
    public static void CheckParameters(byte[] body) => Read(body, root =>
    {
        if (root.TryGetProperty("parameters", out JsonElement parameters))
        {
            CheckParameters(parameters.ValueKind == JsonValueKind.Object
                ? [.. parameters.EnumerateObject().Select(parameter => parameter.Name)]
                : throw InferenceRefusal.Invalid("parameters must be an object."));
        }

        return true;
    });

    public static void CheckParameters(ICollection<string> names)
    {
        if (names.Any(name => name != Dependents))
        {
            throw InferenceRefusal.Invalid("Loading and unloading take no parameters here: a model's files and its manifest say what is loaded.");
        }
    }

    public static RepositoryIndexResponse ToMessage(IReadOnlyList<ModelIndexLine> lines)
    {
        var message = new RepositoryIndexResponse();
        message.Models.AddRange(lines.Select(line => new RepositoryIndexResponse.Types.ModelIndex
        {
            Name = line.Name,
            Version = line.Version,
            State = line.State,
            Reason = line.Reason,
        }));
        return message;
    }

    private static bool Read(byte[] body, Func<JsonElement, bool> read)
    {
        if (body.Length == 0)
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : throw InferenceRefusal.Invalid("The body must be a JSON object.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw InferenceRefusal.Invalid("The body is not valid JSON.", exception);
        }
    }
}
