using System.Text.RegularExpressions;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>Images are built from what is there, with the official packages, on pinned bases, for nobody in particular.</summary>
internal static partial class ImageRules
{
    public static IEnumerable<string> Dockerfiles(DeploymentFiles deployment) => deployment.Under("", "Dockerfile").SelectMany(path => Problems(path, deployment[path].Split('\n')));

    /// <summary>What the workflows, the compose files and the guide build exists, file and target; every stage that no other needs is built by the pull request's workflow.</summary>
    public static IEnumerable<string> Builds(DeploymentFiles deployment)
    {
        var stages = deployment.Under("", "Dockerfile").SelectMany(path => Stage.In(deployment[path]).Values.Select(stage => $"{path} {stage.Name}")).ToHashSet(StringComparer.Ordinal);
        foreach (var file in deployment.Under("", "pull-request.yml", "release.yml", "compose.yaml", "infra-bicep/README.md"))
        {
            foreach (var build in BuildsIn(deployment[file]).Where(build => !stages.Contains(build)))
            {
                yield return $"{file}: there is no {build}.";
            }
        }

        var tested = BuildsIn(deployment[".github/workflows/pull-request.yml"]).ToArray();
        foreach (var image in deployment.Under("", "Dockerfile").SelectMany(path => Stage.Final(deployment[path]).Select(stage => $"{path} {stage.Name}")).Except(tested))
        {
            yield return $".github/workflows/pull-request.yml does not build {image}.";
        }
    }

    /// <summary>The images that Bicep and Flux run are the ones that the release pushes.</summary>
    public static IEnumerable<string> Unpushed(DeploymentFiles deployment)
    {
        var pushed = ReleaseImage().Matches(deployment[".github/workflows/release.yml"]).Select(match => match.Groups[1].Value + match.Groups[2].Value).Append("ncn-models").ToHashSet(StringComparer.Ordinal);
        var run = deployment.Under("infra-bicep/modules/", ".bicep").Concat(deployment.Under("infra-bicep/kubernetes/", ".yaml"))
            .SelectMany(path => RunImage().Matches(deployment[path]).Select(match => (path, Name: match.Groups[1].Value + match.Groups[2].Value)));
        return run.Where(image => !pushed.Contains(image.Name)).Select(image => $"{image.path} runs {image.Name}, which the release does not push.");
    }

    private static IEnumerable<string> Problems(string path, string[] lines)
    {
        var stages = Stage.In(string.Join('\n', lines));
        foreach (var line in lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal) && !PinnedBase().IsMatch(line) && !stages.ContainsKey(line.Split(' ')[1])))
        {
            yield return $"{path}: '{line}' names no version and stage.";
        }

        foreach (var source in lines.SelectMany(Sources).Where(source => !DeploymentFiles.Exists(source)))
        {
            yield return $"{path}: there is no {source}.";
        }

        foreach (var missing in stages.Values.SelectMany(stage => stage.Needs).Distinct().Where(needed => !stages.ContainsKey(needed)))
        {
            yield return $"{path}: there is no stage {missing}.";
        }

        foreach (var stage in Stage.Final(string.Join('\n', lines)).Where(stage => !stage.EndsUnprivileged(stages)))
        {
            yield return $"{path}: {stage.Name} does not end as the user 10001:10001.";
        }

        if (lines.Any(line => line.Contains("dotnet publish", StringComparison.Ordinal)) && !lines.Any(line => line.Contains("-p:OfficialPackages=true", StringComparison.Ordinal)))
        {
            yield return $"{path} does not build with the official packages.";
        }
    }

    // What is copied from the repository, and what is published; a stage's own files are known to Docker alone.
    private static IEnumerable<string> Sources(string line)
    {
        if (Published().Match(line) is { Success: true } published)
        {
            yield return published.Groups[1].Value;
        }

        if (line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from=", StringComparison.Ordinal) && !line.Contains('$', StringComparison.Ordinal))
        {
            foreach (var source in line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..^1])
            {
                yield return source;
            }
        }

        if (line.StartsWith("ARG MODELS=", StringComparison.Ordinal))
        {
            yield return line["ARG MODELS=".Length..];
        }
    }

    // File and target, as a workflow's matrix, a compose file or a command has them.
    private static IEnumerable<string> BuildsIn(string text) => DockerfileUse().Matches(text).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}");

    [GeneratedRegex(@"^FROM \S+:\d\S* AS \w+$|^FROM debian:bookworm-slim AS \w+$")]
    private static partial Regex PinnedBase();

    [GeneratedRegex(@"dotnet publish (\S+)")]
    private static partial Regex Published();

    [GeneratedRegex(@"(?:dockerfile: |-f )([\w./-]*Dockerfile),? (?:--)?target:? (\w+)")]
    private static partial Regex DockerfileUse();

    [GeneratedRegex(@"name: (ncn-[\w-]+),.*suffix: ""?(-?\w*)""? ")]
    private static partial Regex ReleaseImage();

    [GeneratedRegex(@"/(ncn-[\w-]+):\$\{[\w.()]+\}(-\w+)?")]
    private static partial Regex RunImage();
}
