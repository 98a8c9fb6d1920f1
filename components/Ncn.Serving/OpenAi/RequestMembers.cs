using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi;

/// <summary>Members of a request that say nothing about the answer, and those that this network has no answer for.</summary>
public static class RequestMembers
{
    private const int MaxMetadata = 16;

    /// <summary>Checks the members that every endpoint takes and that change nothing: user, metadata, store, service_tier and the like.</summary>
    public static void CheckPassive(JsonElement root)
    {
        foreach (var name in (string[])["user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"])
        {
            JsonBody.OptionalString(root, name, 512);
        }

        JsonBody.Boolean(root, "store");
        OneOf(root, "service_tier", "auto", "default", "flex", "scale", "priority");
        OneOf(root, "reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh");
        OneOf(root, "verbosity", "low", "medium", "high");
        CheckMetadata(root);
    }

    /// <summary>The member's value when it is one of the given; null when it is not there.</summary>
    public static string? OneOf(JsonElement root, string name, params ReadOnlySpan<string> values)
    {
        var value = JsonBody.OptionalString(root, name, 64);
        return value is null || values.Contains(value)
            ? value
            : throw Bad("invalid_value", $"{name} must be one of {string.Join(", ", values)}.", name);
    }

    /// <summary>Refuses members that would change the answer and that no model here can follow; null, false and empty ones ask for nothing.</summary>
    public static void Refuse(JsonElement root, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (root.TryGetProperty(name, out var value) && !IsEmpty(value))
            {
                throw Bad("unsupported_parameter", $"{name} is not supported by this gateway; leave it out.", name);
            }
        }
    }

    /// <summary>
    /// OpenAI ignores members that it does not know, and so does this gateway; a client that sets <c>provider.require_parameters</c> wants
    /// to hear of them.
    /// </summary>
    public static void CheckKnown(JsonElement root, IReadOnlySet<string> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        if (!root.TryGetProperty("provider", out var provider) || provider.ValueKind != JsonValueKind.Object || !JsonBody.Boolean(provider, "require_parameters"))
        {
            return;
        }

        foreach (var member in root.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw Bad("unknown_parameter", $"Unknown parameter: '{member.Name}'; provider.require_parameters asks that none is ignored.", member.Name);
            }
        }
    }

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.String => value.GetString()!.Length == 0,
        _ => false,
    };

    private static void CheckMetadata(JsonElement root)
    {
        if (!root.TryGetProperty("metadata", out var metadata) || metadata.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        var fits = metadata.ValueKind == JsonValueKind.Object && metadata.EnumerateObject().Count() <= MaxMetadata
            && metadata.EnumerateObject().All(static pair => pair.Name.Length <= 64 && pair.Value.ValueKind == JsonValueKind.String && pair.Value.GetString()!.Length <= 512);
        if (!fits)
        {
            throw Bad("invalid_value", $"metadata must be an object of at most {MaxMetadata} texts, of at most 512 characters under names of at most 64.", "metadata");
        }
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
