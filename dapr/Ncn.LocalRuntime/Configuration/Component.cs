namespace Ncn.LocalRuntime.Configuration;

/// <summary>A Dapr component as one app sees it: metadata values are resolved, names are case-insensitive as in Dapr.</summary>
internal sealed record Component(string Name, string Type, string Version, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Scopes)
{
    public bool IsVisibleTo(string appId) => Scopes.Count == 0 || Scopes.Contains(appId, StringComparer.Ordinal);

    public string Require(string name) =>
        Metadata.TryGetValue(name, out var value) && value.Length > 0
            ? value
            : throw new ConfigurationException($"Component {Name} ({Type}) has no metadata '{name}'.");

    public string Get(string name, string fallback) => Metadata.TryGetValue(name, out var value) && value.Length > 0 ? value : fallback;

    public bool GetFlag(string name) => Get(name, "false").ToUpperInvariant() is "TRUE" or "1" or "YES" or "Y" or "ON";

    public TimeSpan GetDuration(string name, TimeSpan fallback)
    {
        if (!Metadata.TryGetValue(name, out var text) || text.Length == 0)
        {
            return fallback;
        }

        return Durations.TryParse(text, out var value)
            ? value
            : throw new ConfigurationException($"Component {Name}: {name} is '{text}', which is not a duration such as 30s.");
    }
}
