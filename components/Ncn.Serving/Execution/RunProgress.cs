using Ncn.Protocol;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>What the caller has got so far, over all attempts, and who has failed it.</summary>
internal sealed class RunProgress
{
    public List<int> Tokens { get; } = [];

    /// <summary>Tokens of a sealed answer; rows for tensors.</summary>
    public uint SealedTokens { get; set; }

    /// <summary>Nodes that have failed this request, with the sequence of the record that they had then.</summary>
    public Dictionary<Address, ulong> Failed { get; } = [];

    /// <summary>Nodes that had no room, and until when they are not asked again.</summary>
    public Dictionary<Address, DateTimeOffset> BusyUntil { get; } = [];

    public int Failures { get; set; }

    public string? LastProblem { get; set; }

    /// <summary>The caller had every token already and only the receipt was missing: the last token is made once more, unseen.</summary>
    public bool IsRegenerating { get; set; }

    /// <summary>Nodes that failed and have not joined anew since, and those that had no room a moment ago.</summary>
    public HashSet<Address> Excluded(IReadOnlyList<Candidate> candidates, DateTimeOffset now) => candidates
        .Where(candidate =>
            (Failed.TryGetValue(candidate.Node.Operator, out var sequence) && candidate.Node.Sequence <= sequence)
            || (BusyUntil.TryGetValue(candidate.Node.Operator, out var until) && now < until))
        .Select(static candidate => candidate.Node.Operator)
        .ToHashSet();

    /// <summary>The tokens that the next attempt goes on after.</summary>
    public int[] Commit(uint maxTokens)
    {
        IsRegenerating = maxTokens > 0 && Tokens.Count >= maxTokens;
        return IsRegenerating ? [.. Tokens[..^1]] : [.. Tokens];
    }
}
