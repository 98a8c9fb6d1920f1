using System.Text.Json;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Actors;

/// <summary>Settings of one actor type.</summary>
internal sealed record ActorSettings(TimeSpan IdleTimeout, bool Reentrant, int MaxStackDepth);

/// <summary>What an app's <c>GET dapr/config</c> says: the actor types that it hosts and their settings.</summary>
internal sealed class ActorTypes
{
    private static readonly ActorSettings Defaults = new(TimeSpan.FromMinutes(60), Reentrant: false, MaxStackDepth: 32);
    private readonly Dictionary<string, ActorSettings> settings = [];

    public static ActorTypes None { get; } = new();

    public IReadOnlyCollection<string> Names => settings.Keys;

    public bool Hosts(string type) => settings.ContainsKey(type);

    public ActorSettings SettingsOf(string type) => settings.GetValueOrDefault(type, Defaults);

    public static ActorTypes Parse(byte[] body)
    {
        if (body.Length == 0)
        {
            return None;
        }

        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var types = new ActorTypes();
        if (root.ValueKind != JsonValueKind.Object)
        {
            return types;
        }

        var common = ReadSettings(root, Defaults);
        types.Add(root, common);
        if (root.TryGetProperty("entitiesConfig", out var configs) && configs.ValueKind == JsonValueKind.Array)
        {
            configs.EnumerateArray().ToList().ForEach(config => types.Add(config, ReadSettings(config, common)));
        }

        return types;
    }

    private void Add(JsonElement config, ActorSettings value)
    {
        if (config.TryGetProperty("entities", out var entities) && entities.ValueKind == JsonValueKind.Array)
        {
            entities.EnumerateArray().ToList().ForEach(entity => settings[entity.GetString() ?? ""] = value);
        }
    }

    private static ActorSettings ReadSettings(JsonElement config, ActorSettings inherited)
    {
        var idle = config.TryGetProperty("actorIdleTimeout", out var text) && text.ValueKind == JsonValueKind.String
            && Durations.TryParse(text.GetString()!, out var parsed) && parsed > TimeSpan.Zero ? parsed : inherited.IdleTimeout;
        if (!config.TryGetProperty("reentrancy", out var reentrancy) || reentrancy.ValueKind != JsonValueKind.Object)
        {
            return inherited with { IdleTimeout = idle };
        }

        var enabled = reentrancy.TryGetProperty("enabled", out var flag) && flag.ValueKind == JsonValueKind.True;
        var depth = reentrancy.TryGetProperty("maxStackDepth", out var number) && number.TryGetInt32(out var given) ? given : inherited.MaxStackDepth;
        return new ActorSettings(idle, enabled, depth);
    }
}
