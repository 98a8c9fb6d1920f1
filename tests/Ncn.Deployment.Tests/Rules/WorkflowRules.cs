using System.Text.RegularExpressions;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>What the workflows run is what the guides tell a person to run.</summary>
internal static partial class WorkflowRules
{
    private static readonly string[] Ours = ["./ncn ", "dotnet build ", "az bicep ", "az deployment ", "az acr login", "docker build ", "docker push ", "./infra-bicep/", "cosign "];

    /// <summary>Every command of ours in a workflow stands in a guide, apart from the values that only a workflow has.</summary>
    public static IEnumerable<string> UnknownCommands(DeploymentFiles deployment)
    {
        var guide = Plain(deployment["README.md"] + deployment["infra-bicep/README.md"] + deployment["dapr/README.md"]);
        return from path in deployment.Under(".github/workflows/", ".yml")
               from line in deployment[path].Split('\n')
               let command = CommandOf(line)
               where command is not null && !guide.Contains(Plain(command), StringComparison.Ordinal)
               select $"{path}: no guide says '{command}'.";
    }

    /// <summary>Files and settings that the guide's commands name are there.</summary>
    public static IEnumerable<string> BrokenGuide(DeploymentFiles deployment) =>
        from Match match in PathInGuide().Matches(deployment["infra-bicep/README.md"])
        where !DeploymentFiles.Exists(match.Value)
        select $"infra-bicep/README.md names {match.Value}, which is not there.";

    /// <summary>The environment that the files of parameters read is explained in the guide, and set in the workflows that deploy.</summary>
    public static IEnumerable<string> UnexplainedVariables(DeploymentFiles deployment) =>
        from path in deployment.Under("infra-bicep/", ".bicepparam")
        from variable in ReadVariable().Matches(deployment[path]).Select(match => match.Groups[1].Value)
        from place in new[] { "infra-bicep/README.md", ".github/workflows/release.yml" }
        where variable != "NCN_HAS_APPS" || place.EndsWith(".md", StringComparison.Ordinal)
        where !deployment[place].Contains(variable, StringComparison.Ordinal)
        select $"{place} says nothing of {variable}, which {path} reads.";

    private static string? CommandOf(string line)
    {
        var text = RunPrefix().Replace(line.Trim(), "");
        var at = Ours.Select(start => text.IndexOf(start, StringComparison.Ordinal)).Where(index => index >= 0).DefaultIfEmpty(-1).Min();
        return at < 0 || text.StartsWith('#') || text.StartsWith("name:", StringComparison.Ordinal) ? null : text[at..].Replace(" > /dev/null", "", StringComparison.Ordinal);
    }

    // Values in quotes, matrix entries and version tags differ; the command and its options do not.
    private static string Plain(string text) => Spaces().Replace(Value().Replace(text, "VALUE"), " ");

    [GeneratedRegex(@"^(- )?run: (\|)?")]
    private static partial Regex RunPrefix();

    [GeneratedRegex(@"\$\{\{[^}]*\}\}|""[^""]*""|\$\w+|(?<=-f )[\w./-]*[dD]ockerfile\b|(?<=--target )\w+|(?<=--name )ncn-\w+|(?<=-t )\S+|infra-bicep/\w+\.bicepparam")]
    private static partial Regex Value();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\b(infra-bicep|dapr|functions|compute-worker)/[\w./-]+\.(bicep|bicepparam|sh|yaml|yml|json|Dockerfile)\b|\b[\w./-]+/Dockerfile\b")]
    private static partial Regex PathInGuide();

    [GeneratedRegex(@"readEnvironmentVariable\('(\w+)'")]
    private static partial Regex ReadVariable();
}
