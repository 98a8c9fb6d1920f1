using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ncn.Deployment.Tests;

/// <summary>Walks YAML without a type for it.</summary>
internal static class Yaml
{
    /// <summary>The documents of a text; merge keys are not followed.</summary>
    public static IReadOnlyList<YamlMappingNode> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new Parser(new StringReader(text)));
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    /// <summary>A member by its path; null when it is not there.</summary>
    public static YamlNode? At(this YamlNode? node, params string[] path) =>
        path.Aggregate(node, (at, name) => at is YamlMappingNode map && map.Children.TryGetValue(name, out var child) ? child : null);

    public static string? Text(this YamlNode? node, params string[] path) => (At(node, path) as YamlScalarNode)?.Value;

    public static IEnumerable<YamlNode> Items(this YamlNode? node, params string[] path) => (At(node, path) as YamlSequenceNode)?.Children ?? [];

    public static IEnumerable<string> Texts(this YamlNode? node, params string[] path) => Items(node, path).Select(item => ((YamlScalarNode)item).Value!);

    public static IEnumerable<(string Key, YamlNode Value)> Members(this YamlNode? node, params string[] path) =>
        (At(node, path) as YamlMappingNode)?.Children.Select(pair => (((YamlScalarNode)pair.Key).Value!, pair.Value)) ?? [];
}
