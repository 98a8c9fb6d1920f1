using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Ncn.Deployment.Tests.Schemas;

/// <summary>
/// A small schema: an object of fields, where a field is a shape, "text", "number", "yes or no", "any", a list of one shape, or several
/// texts with a bar between, or the name of another shape of the same file. A field whose name ends with ! must be there; the field * stands
/// for any name.
/// </summary>
/// <param name="file">The shapes.</param>
/// <param name="isPartial">For a patch, which has some of the fields that must be there.</param>
internal sealed class Shape(JsonElement file, bool isPartial = false)
{
    public static Shape Of(string schema)
    {
        using var document = JsonDocument.Parse(DeploymentFiles.Read($"tests/Ncn.Deployment.Tests/Schemas/{schema}"));
        return new(document.RootElement.Clone());
    }

    /// <summary>The same shapes, of which a document may leave out what it likes.</summary>
    public Shape Partial => new(file, isPartial: true);

    /// <summary>The file that the shapes are in.</summary>
    public JsonElement File => file;

    /// <summary>What of a document does not fit.</summary>
    public IEnumerable<string> Misfits(JsonElement shape, YamlNode node, string at) => isPartial && IsTakenOut(node) ? [] : shape.ValueKind switch
    {
        JsonValueKind.Object => node is YamlMappingNode map ? Members(shape, map, at) : [$"{at} must be an object."],
        JsonValueKind.Array => node is YamlSequenceNode list ? list.Children.SelectMany((item, index) => Misfits(shape[0], item, $"{at}[{index}]")) : IsFilledIn((node as YamlScalarNode)?.Value ?? "") ? [] : [$"{at} must be a list."],
        _ => file.TryGetProperty(shape.GetString()!, out var named) ? Misfits(named, node, at) : Scalar(shape.GetString()!, node, at),
    };

    private IEnumerable<string> Members(JsonElement shape, YamlMappingNode map, string at)
    {
        var fields = shape.EnumerateObject().ToDictionary(field => field.Name.TrimEnd('!'), StringComparer.Ordinal);
        var missing = fields.Values.Where(field => !isPartial && field.Name.EndsWith('!') && !map.Children.ContainsKey(field.Name.TrimEnd('!'))).Select(field => $"{at} has no {field.Name.TrimEnd('!')}.");
        return missing.Concat(map.Children.SelectMany(pair =>
        {
            var name = ((YamlScalarNode)pair.Key).Value!;
            return isPartial && name == "$patch" ? [] : fields.TryGetValue(name, out var field) || fields.TryGetValue("*", out field)
                ? Misfits(field.Value, pair.Value, $"{at}.{name}")
                : [$"{at} has no field {name} in its official form."];
        }));
    }

    private static IEnumerable<string> Scalar(string kind, YamlNode node, string at)
    {
        if (kind == "any")
        {
            return [];
        }

        var text = (node as YamlScalarNode)?.Value;
        var fits = text is not null && (IsFilledIn(text) || kind switch
        {
            "text" => true,
            "number" => double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _),
            "yes or no" => text is "true" or "false",
            _ => kind.Split('|').Contains(text),
        });
        return fits ? [] : [$"{at} is {text ?? "no scalar"}, and must be: {kind}."];
    }

    // How a patch takes something out of what it patches.
    private static bool IsTakenOut(YamlNode node) => node is YamlScalarNode { Value: "null" };

    // What the deployment puts in is known only then.
    private static bool IsFilledIn(string text) => text.StartsWith("${", StringComparison.Ordinal) && text.EndsWith('}');
}
