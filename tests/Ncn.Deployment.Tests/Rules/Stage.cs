namespace Ncn.Deployment.Tests.Rules;

/// <summary>A stage of a Dockerfile.</summary>
/// <param name="Base">An image, or another stage.</param>
internal sealed record Stage(string Name, string Base, IReadOnlyList<string> Lines)
{
    /// <summary>The stages that it copies from.</summary>
    public IEnumerable<string> Needs => Lines.Where(line => line.StartsWith("COPY --from=", StringComparison.Ordinal)).Select(line => line["COPY --from=".Length..].Split(' ')[0]);

    /// <summary>All of a file, by name.</summary>
    public static IReadOnlyDictionary<string, Stage> In(string dockerfile)
    {
        var stages = new List<Stage>();
        foreach (var line in dockerfile.Split('\n'))
        {
            if (line.StartsWith("FROM ", StringComparison.Ordinal))
            {
                stages.Add(new(line.Split(' ')[^1], line.Split(' ')[1], []));
            }
            else if (stages.Count > 0)
            {
                stages[^1] = stages[^1] with { Lines = [.. stages[^1].Lines, line] };
            }
        }

        return stages.ToDictionary(stage => stage.Name);
    }

    /// <summary>Those that no other one needs: what is run.</summary>
    public static IEnumerable<Stage> Final(string dockerfile)
    {
        var stages = In(dockerfile);
        var needed = stages.Values.SelectMany(stage => stage.Needs.Append(stage.Base)).ToHashSet(StringComparer.Ordinal);
        return stages.Values.Where(stage => !needed.Contains(stage.Name));
    }

    /// <summary>Whether it runs as nobody in particular, and nothing was run in it after that was said.</summary>
    public bool EndsUnprivileged(IReadOnlyDictionary<string, Stage> all)
    {
        var user = Lines.ToList().FindLastIndex(line => line.StartsWith("USER ", StringComparison.Ordinal));
        var says = user < 0 ? all.TryGetValue(Base, out var below) && below.EndsUnprivileged(all) : Lines[user].StartsWith("USER 10001:10001", StringComparison.Ordinal);
        return says && !Lines.Skip(user + 1).Any(line => line.StartsWith("RUN ", StringComparison.Ordinal));
    }
}
