using System.Globalization;
using System.Text.Json;
using Ncn.Deployment.Tests.Bicep;
using Ncn.Tests.Anvil;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>Rules of the language that hold between files: what is named exists, what is declared is used.</summary>
internal static class BicepRules
{
    private static readonly string[] Functions =
    [
        "array", "bool", "concat", "contains", "description", "empty", "environment", "filter", "flatten", "guid", "indexOf", "int", "join", "json", "last", "length",
        "loadTextContent", "map", "range", "readEnvironmentVariable", "replace", "resourceId", "split", "string", "subscription", "subscriptionResourceId", "take", "tenant",
        "toObject", "union", "uniqueString", "az", "object",
    ];

    public static IEnumerable<string> SyntaxErrors(DeploymentFiles deployment) =>
        from file in BicepModel.Of(deployment).Files
        from error in file.Value.Errors
        select $"{file.Key}({error.Line}): {error.Text}";

    /// <summary>Every name that is used is a parameter, variable, resource, module, function, type or import of its file.</summary>
    public static IEnumerable<string> UnknownNames(DeploymentFiles deployment) =>
        from file in BicepModel.Of(deployment).Files
        let known = file.Value.Declarations.SelectMany(declaration => declaration.Names ?? [declaration.Name]).Concat(Functions).ToHashSet(StringComparer.Ordinal)
        from declaration in file.Value.Declarations
        from reference in declaration.References
        where !known.Contains(reference.Name) && !declaration.Locals.Contains(reference.Name)
        select $"{file.Key}({reference.Line}): nothing is called {reference.Name}.";

    /// <summary>Files of modules, imports and parameters exist, and export what is imported.</summary>
    public static IEnumerable<string> BrokenPaths(DeploymentFiles deployment)
    {
        var model = BicepModel.Of(deployment);
        foreach (var (file, declaration) in model.All.Where(each => each.Declaration.Kind is "module" or "import" or "using"))
        {
            if (!model.Files.TryGetValue(BicepModel.Resolve(file, declaration.Path!), out var target))
            {
                yield return $"{file}({declaration.Line}): there is no {declaration.Path}.";
                continue;
            }

            foreach (var name in (declaration.Names ?? []).Where(name => !target.Declarations.Any(each => each.Name == name && each.Has("export"))))
            {
                yield return $"{file}({declaration.Line}): {declaration.Path} exports no {name}.";
            }
        }
    }

    /// <summary>A module is given what it asks for and nothing else, and only what it has is read from it.</summary>
    public static IEnumerable<string> BrokenModules(DeploymentFiles deployment)
    {
        var model = BicepModel.Of(deployment);
        return from module in model.All
               where module.Declaration.Kind == "module" && model.Files.ContainsKey(BicepModel.Resolve(module.File, module.Declaration.Path!))
               let target = model.Files[BicepModel.Resolve(module.File, module.Declaration.Path!)]
               from problem in Parameters(module, target).Concat(Outputs(model.Files[module.File], module, target))
               select problem;
    }

    /// <summary>The same of a file of parameters.</summary>
    public static IEnumerable<string> BrokenParameterFiles(DeploymentFiles deployment)
    {
        var model = BicepModel.Of(deployment);
        return from file in model.Files
               from used in file.Value.OfKind("using")
               where model.Files.ContainsKey(BicepModel.Resolve(file.Key, used.Path!))
               let asked = model.Files[BicepModel.Resolve(file.Key, used.Path!)]
               let given = file.Value.OfKind("assignment").Select(each => each.Name).ToArray()
               from problem in given.Where(name => asked.Find("param", name) is null).Select(name => $"{file.Key}: {used.Path} has no parameter {name}.")
                   .Concat(asked.OfKind("param").Where(param => param.Value is null && !given.Contains(param.Name)).Select(param => $"{file.Key}: the parameter {param.Name} has no value."))
               select problem;
    }

    /// <summary>What is declared in a file is used in it, or exported.</summary>
    public static IEnumerable<string> Unused(DeploymentFiles deployment) =>
        from file in BicepModel.Of(deployment).Files
        let used = file.Value.Declarations.SelectMany(declaration => declaration.References.Where(reference => reference.Name != declaration.Name)).Select(reference => reference.Name).ToHashSet(StringComparer.Ordinal)
        from declaration in file.Value.Declarations
        where declaration.Kind is "param" or "var" or "import" && !declaration.Has("export")
        from name in declaration.Names ?? [declaration.Name]
        where !used.Contains(name)
        select $"{file.Key}({declaration.Line}): {name} is not used.";

    /// <summary>Parameters and outputs say what they are; parameters that hold secrets are marked as such.</summary>
    public static IEnumerable<string> Undescribed(DeploymentFiles deployment) =>
        from each in BicepModel.Of(deployment).All
        where each.Declaration.Kind is "param" or "output" && !each.Declaration.Has("description")
        select $"{each.File}({each.Declaration.Line}): {each.Declaration.Kind} {each.Declaration.Name} has no @description.";

    public static IEnumerable<string> UnmarkedSecrets(DeploymentFiles deployment) =>
        from each in BicepModel.Of(deployment).All
        where each.Declaration.Kind == "param" && !each.Declaration.Has("secure")
            && new[] { "password", "secret", "connectionstring", "accesskey", "privatekey", "token", "credential" }.Any(word => each.Declaration.Name.EndsWith(word, StringComparison.OrdinalIgnoreCase))
        select $"{each.File}({each.Declaration.Line}): the parameter {each.Declaration.Name} holds a secret and is not marked @secure().";

    /// <summary>Types and versions are those of the committed list, which says where it is from.</summary>
    public static IEnumerable<string> UnlistedVersions(DeploymentFiles deployment)
    {
        using var listed = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests/Ncn.Deployment.Tests/api-versions.json")));
        var versions = listed.RootElement.GetProperty("types").EnumerateObject().ToDictionary(type => type.Name, type => type.Value.GetString(), StringComparer.Ordinal);
        var used = BicepModel.Of(deployment).All.Where(each => each.Declaration.Kind == "resource").Select(each => (each.File, each.Declaration, Parts: each.Declaration.Path!.Split('@'))).ToArray();
        return used.Where(each => versions.GetValueOrDefault(each.Parts[0]) != each.Parts[1])
            .Select(each => $"{each.File}({each.Declaration.Line}): {each.Declaration.Path} is not in api-versions.json; look the version up, and add it with the type.")
            .Concat(Old(listed.RootElement, versions!))
            .Concat(versions.Keys.Except(used.Select(each => each.Parts[0])).Select(type => $"api-versions.json lists {type}, which no file uses.")).ToArray();
    }

    // Two years before the list was looked up is old, unless the list says why there is nothing newer.
    private static IEnumerable<string> Old(JsonElement list, Dictionary<string, string> versions)
    {
        var oldest = DateOnly.ParseExact(list.GetProperty("date").GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture).AddYears(-2);
        return versions.Where(type => DateOnly.ParseExact(type.Value[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture) < oldest && !list.GetProperty("newestThereIs").TryGetProperty(type.Key, out _))
            .Select(type => $"api-versions.json: {type.Key} has {type.Value}, which is more than two years old; take a newer one, or say why there is none.");
    }

    private static IEnumerable<string> Parameters((string File, Declaration Declaration) module, BicepFile target)
    {
        var given = module.Declaration.Value?.At("params")?.Object?.Select(property => property.Name).ToArray() ?? [];
        return given.Where(name => target.Find("param", name) is null).Select(name => $"{module.File}({module.Declaration.Line}): {module.Declaration.Path} has no parameter {name}.")
            .Concat(target.OfKind("param").Where(param => param.Value is null && param.Type?.EndsWith('?') != true && !given.Contains(param.Name))
                .Select(param => $"{module.File}({module.Declaration.Line}): the module {module.Declaration.Name} is not given {param.Name}."));
    }

    private static IEnumerable<string> Outputs(BicepFile file, (string File, Declaration Declaration) module, BicepFile target) =>
        from reference in file.Declarations.SelectMany(declaration => declaration.References)
        where reference.Name == module.Declaration.Name && reference.Path.Count > 1 && reference.Path[0] == "outputs" && target.Find("output", reference.Path[1]) is null
        select $"{module.File}({reference.Line}): {module.Declaration.Path} has no output {reference.Path[1]}.";
}
