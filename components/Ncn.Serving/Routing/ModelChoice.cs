using System.Text.Json;
using Ncn.Coordination.Dispatch;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing;

/// <summary>What a request says about who may answer it: its members <c>model</c>, <c>models</c> and <c>provider</c>.</summary>
/// <param name="Model">The model that is wanted; the first of <c>models</c> where <c>model</c> is left out.</param>
/// <param name="Fallbacks">Models that do as well, in order.</param>
public sealed record ModelChoice(string Model, IReadOnlyList<string> Fallbacks, RoutingPreferences Preferences)
{
    private const int MaxModels = 8;
    private const int MaxNameChars = 256;

    /// <summary>This model, on any node.</summary>
    public static ModelChoice Of(string model) => new(model, [], RoutingPreferences.None);

    /// <summary>Reads the members; an <see cref="ApiException"/> names the one at fault.</summary>
    public static ModelChoice Read(JsonElement root)
    {
        var models = ReadModels(root);
        var model = models.Count > 0 ? JsonBody.OptionalString(root, "model", MaxNameChars) ?? models[0] : JsonBody.RequiredString(root, "model");
        return new ModelChoice(model, [.. models.Where(other => other != model).Distinct()], ReadPreferences(root));
    }

    private static RoutingPreferences ReadPreferences(JsonElement root)
    {
        try
        {
            return root.TryGetProperty("provider", out var provider) ? RoutingPreferences.Parse(provider) : RoutingPreferences.None;
        }
        catch (PreferencesException unread)
        {
            throw new ApiException(ApiError.BadRequest("invalid_value", unread.Message, unread.Field));
        }
    }

    private static List<string> ReadModels(JsonElement root)
    {
        if (!root.TryGetProperty("models", out var models) || models.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (models.ValueKind != JsonValueKind.Array || models.GetArrayLength() > MaxModels
            || models.EnumerateArray().Any(static name => name.ValueKind != JsonValueKind.String || name.GetString() is not { Length: > 0 and <= MaxNameChars }))
        {
            throw new ApiException(ApiError.BadRequest("invalid_value", $"models must be a list of at most {MaxModels} names of models.", "models"));
        }

        return [.. models.EnumerateArray().Select(static name => name.GetString()!)];
    }
}
