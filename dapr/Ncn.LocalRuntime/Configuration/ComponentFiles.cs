namespace Ncn.LocalRuntime.Configuration;

/// <summary>Reads the component documents of a folder; values come from <c>value</c>, from <c>envRef</c>, or from <c>secretKeyRef</c>.</summary>
internal sealed class ComponentFiles(Func<string, string?> environment, Func<string, string?, string, string?> secret)
{
    public static IEnumerable<string> FilesOf(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new ConfigurationException($"The resources folder {folder} does not exist.");
        }

        return Directory.EnumerateFiles(folder).Where(path => path.EndsWith(".yaml", StringComparison.Ordinal) || path.EndsWith(".yml", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    public IReadOnlyList<Component> Read(string folder, Func<string, bool> typeWanted) =>
        [.. FilesOf(folder)
            .SelectMany(path => YamlFile.ReadKind<ComponentDocument>(path, "Component").Select(document => (path, document)))
            .Where(entry => typeWanted(entry.document.Spec.Type))
            .Select(entry => ToComponent(entry.path, entry.document))];

    private Component ToComponent(string path, ComponentDocument document)
    {
        if (document.Metadata.Name.Length == 0 || document.Spec.Type.Length == 0)
        {
            throw new ConfigurationException($"{path}: a component needs metadata.name and spec.type.");
        }

        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in document.Spec.Metadata)
        {
            metadata[item.Name] = Resolve(path, document, item);
        }

        return new Component(document.Metadata.Name, document.Spec.Type, document.Spec.Version, metadata, document.Scopes);
    }

    private string Resolve(string path, ComponentDocument document, MetadataItem item)
    {
        if (item.EnvRef is { } variable)
        {
            return environment(variable) ?? throw new ConfigurationException($"{path}: {item.Name} refers to the environment variable {variable}, which is not set.");
        }

        if (item.SecretKeyRef is { } reference)
        {
            return secret(document.Auth.SecretStore, reference.Key, reference.Name)
                ?? throw new ConfigurationException($"{path}: {item.Name} refers to the secret {reference.Name}, which store '{document.Auth.SecretStore}' does not have.");
        }

        return item.Value ?? "";
    }

    private sealed class ComponentDocument
    {
        public NameEntry Metadata { get; set; } = new();

        public SpecEntry Spec { get; set; } = new();

        public AuthEntry Auth { get; set; } = new();

        public List<string> Scopes { get; set; } = [];
    }

    private sealed class NameEntry
    {
        public string Name { get; set; } = "";
    }

    private sealed class SpecEntry
    {
        public string Type { get; set; } = "";

        public string Version { get; set; } = "v1";

        public List<MetadataItem> Metadata { get; set; } = [];
    }

    private sealed class AuthEntry
    {
        public string SecretStore { get; set; } = "";
    }

    private sealed class MetadataItem
    {
        public string Name { get; set; } = "";

        public string? Value { get; set; }

        public string? EnvRef { get; set; }

        public SecretReference? SecretKeyRef { get; set; }
    }

    private sealed class SecretReference
    {
        public string Name { get; set; } = "";

        public string? Key { get; set; }
    }
}
