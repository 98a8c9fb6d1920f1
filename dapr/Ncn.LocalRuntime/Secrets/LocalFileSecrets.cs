using System.Globalization;
using System.Text.Json;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Secrets;

/// <summary>
/// <c>secretstores.local.file</c>: a JSON file whose nested values get names joined by the separator, or, with
/// <c>multiValued</c>, whose first level are secrets of several values.
/// </summary>
internal sealed class LocalFileSecrets
{
    public const string ComponentType = "secretstores.local.file";
    private readonly Dictionary<string, Dictionary<string, string>> secrets = [];

    private LocalFileSecrets(JsonElement root, string separator, bool multiValued) => Load(root, separator, multiValued);

    private LocalFileSecrets()
    {
    }

    /// <summary>Reads the file anew, because the before-apps command may have just written it; no file, no secrets.</summary>
    public static LocalFileSecrets Read(Component component, string directory)
    {
        var path = Path.GetFullPath(component.Require("secretsFile"), directory);
        if (!File.Exists(path))
        {
            return new LocalFileSecrets();
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return new LocalFileSecrets(document.RootElement, component.Get("nestedSeparator", ":"), component.GetFlag("multiValued"));
        }
        catch (Exception error) when (error is IOException or JsonException or InvalidOperationException)
        {
            throw new ConfigurationException($"Component {component.Name}: {path} is not a readable JSON object of secrets: {error.Message}", error);
        }
    }

    public IReadOnlyDictionary<string, Dictionary<string, string>> All => secrets;

    public IReadOnlyDictionary<string, string>? Find(string name) => secrets.GetValueOrDefault(name);

    private void Load(JsonElement root, string separator, bool multiValued)
    {
        foreach (var property in root.EnumerateObject())
        {
            var flat = new Dictionary<string, string>();
            Flatten(multiValued ? "" : property.Name, property.Value, separator, flat);
            if (multiValued)
            {
                secrets[property.Name] = flat.ToDictionary(entry => entry.Key.Length == 0 ? property.Name : entry.Key, entry => entry.Value);
            }
            else
            {
                flat.ToList().ForEach(entry => secrets[entry.Key] = new() { [entry.Key] = entry.Value });
            }
        }
    }

    private static void Flatten(string name, JsonElement value, string separator, Dictionary<string, string> flat)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                value.EnumerateObject().ToList().ForEach(item => Flatten(Join(name, item.Name, separator), item.Value, separator, flat));
                break;
            case JsonValueKind.Array:
                value.EnumerateArray().Index().ToList()
                    .ForEach(item => Flatten(Join(name, item.Index.ToString(CultureInfo.InvariantCulture), separator), item.Item, separator, flat));
                break;
            default:
                flat[name] = value.ToString();
                break;
        }
    }

    private static string Join(string name, string part, string separator) => name.Length == 0 ? part : name + separator + part;
}
