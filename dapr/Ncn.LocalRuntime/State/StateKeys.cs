using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.State;

/// <summary>Key prefixes as daprd makes them, so that apps share or keep apart their keys in the same way.</summary>
internal static class StateKeys
{
    private const string Separator = "||";

    public static Func<string, string> PrefixFor(Component component, string appId) =>
        component.Get("keyPrefix", "appid") switch
        {
            "none" => Checked,
            "appid" or "namespace" => key => appId + Separator + Checked(key),
            "name" => key => component.Name + Separator + Checked(key),
            var prefix => key => prefix + Separator + Checked(key),
        };

    public static string ForActor(string appId, string actorType, string actorId, string key) =>
        string.Join(Separator, appId, actorType, actorId, key);

    private static string Checked(string key) =>
        key.Contains(Separator, StringComparison.Ordinal)
            ? throw new FormatException($"input key/keyPrefix '{key}' can't contain '{Separator}'")
            : key;
}
