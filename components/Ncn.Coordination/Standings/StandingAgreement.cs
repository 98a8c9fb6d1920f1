using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Standings;

/// <summary>Makes out of what validators say, each for itself, what can be believed. No validator, and no third of the stake, decides anything.</summary>
/// <remarks>
/// 1. a word of who is not in the chain's current set, or one that is older than the last of the same validator, is not heard; 2. while those that
/// are heard have two thirds of the stake or less, all stays as it was; 3. a node is slashed, or out, or back, when more than two thirds of the
/// stake say so, else it stays what it was; numbers count so far as more than two thirds say at least as much for it to be trusted less:
/// the sampling rate is the least that so many do not exceed, failures and checks the most that so many reach; 4. a build is verified, and an
/// audit decided, when more than two thirds say it.
/// </remarks>
public static class StandingAgreement
{
    /// <summary>Most nodes of a standing.</summary>
    public const int MaxNodes = 16_384;

    private const int MaxVerified = 256;
    private const int MaxAudits = 4_096;
    private const uint Always = 1_000_000;

    /// <summary>Whether a standing is of a size that is read at all.</summary>
    public static bool IsWellFormed(LedgerStanding? standing) =>
        standing is { Nodes.Count: <= MaxNodes, Gateways.Count: <= MaxNodes, Audits.Count: <= MaxAudits }
        && standing.Nodes.All(static node => node is { Verified.Count: <= MaxVerified, RatePpm: <= Always } && Enum.IsDefined(node.Status))
        && standing.Nodes.Select(static node => node.Node).Distinct().Count() == standing.Nodes.Count
        && standing.Gateways.All(static gateway => gateway is not null)
        && standing.Audits.All(static audit => audit is not null);

    /// <summary>One step.</summary>
    public static (StandingState State, IReadOnlyList<StandingOutput> Outputs) Apply(StandingState state, StandingInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        return input switch
        {
            StandingInput.Heard { Standing: var said, Set: var set } => IsNews(state, said, set) ? Agree(state with { Said = state.Said.SetItem(said.Validator, said) }, set) : (state, []),
            StandingInput.SetChanged { Set: var set } => Agree(state, set),
            _ => throw new ArgumentException($"{input?.GetType().Name} is not an input of standings.", nameof(input)),
        };
    }

    private static bool IsNews(StandingState state, LedgerStanding said, ImmutableSortedDictionary<Address, UInt128> set) =>
        set.ContainsKey(said.Validator)
        && !(state.Said.TryGetValue(said.Validator, out var last) && (last.Epoch, last.Height).CompareTo((said.Epoch, said.Height)) >= 0);

    private static (StandingState, IReadOnlyList<StandingOutput>) Agree(StandingState state, ImmutableSortedDictionary<Address, UInt128> set)
    {
        var said = state.Said.RemoveRange(state.Said.Keys.Where(validator => !set.ContainsKey(validator)));
        state = state with { Said = said };
        var stakes = new Stakes(set.Values.Aggregate(UInt128.Zero, static (sum, stake) => sum + stake), [.. said.Select(entry => (set[entry.Key], entry.Value))]);
        if (!stakes.AreMost(static _ => true))
        {
            return (state, []);
        }

        var believed = new BelievedStanding(Nodes(stakes, state.Believed), Audits(stakes, state.Believed));
        return (state with { Believed = believed }, Changes(state.Believed, believed));
    }

    private static ImmutableSortedDictionary<Address, NodeStanding> Nodes(Stakes stakes, BelievedStanding before)
    {
        var words = stakes.Said.Select(static each => each.Word.Nodes.ToDictionary(static node => node.Node)).ToArray();
        return words.SelectMany(static word => word.Keys).Concat(before.Nodes.Keys).Distinct()
            .Select(node => Node(stakes, node, [.. words.Select(word => word.GetValueOrDefault(node) ?? Unknown(node))], before.Nodes.GetValueOrDefault(node)))
            .ToImmutableSortedDictionary(static node => node.Node, static node => node);
    }

    private static NodeStanding Unknown(Address node) => new(node, Always, StandingStatus.New, 0, 0, []);

    private static NodeStanding Node(Stakes stakes, Address node, NodeStanding[] words, NodeStanding? before)
    {
        var verified = words.SelectMany(static word => word.Verified).Distinct().Where(digest => stakes.AreMost(i => words[i].Verified.Contains(digest)));
        return new NodeStanding(
            node,
            words.Select(static word => word.RatePpm).Order().First(rate => stakes.AreMost(i => words[i].RatePpm <= rate)),
            Status(stakes, words) ?? before?.Status ?? StandingStatus.New,
            words.Select(static word => word.Checked).OrderDescending().First(count => stakes.AreMost(i => words[i].Checked >= count)),
            words.Select(static word => word.Failed).OrderDescending().First(count => stakes.AreMost(i => words[i].Failed >= count)),
            [.. verified.OrderBy(static digest => digest.Value)]);
    }

    // Null while they are divided.
    private static StandingStatus? Status(Stakes stakes, NodeStanding[] words) =>
        stakes.AreMost(i => words[i].Status >= StandingStatus.Slashed) ? StandingStatus.Slashed
        : stakes.AreMost(i => words[i].Status >= StandingStatus.Suspended) ? StandingStatus.Suspended
        : !stakes.AreMost(i => words[i].Status < StandingStatus.Suspended) ? null
        : stakes.AreMost(i => words[i].Status == StandingStatus.Good) ? StandingStatus.Good
        : StandingStatus.New;

    private static ImmutableDictionary<(Address Gateway, Hash32 Receipt), AuditVerdict> Audits(Stakes stakes, BelievedStanding before)
    {
        var words = stakes.Said.Select(static each => each.Word.Audits.GroupBy(static audit => (audit.Gateway, audit.Receipt)).ToDictionary(static audit => audit.Key, static audit => audit.First().Verdict)).ToArray();
        var decided = from audit in words.SelectMany(static word => word).Distinct()
                      where audit.Value != AuditVerdict.Open && stakes.AreMost(i => words[i].GetValueOrDefault(audit.Key) == audit.Value)
                      select audit;

        // What is decided stays decided, so long as somebody still speaks of it.
        return before.Audits.Where(known => words.Any(word => word.ContainsKey(known.Key))).Concat(decided)
            .GroupBy(static audit => audit.Key).ToImmutableDictionary(static audit => audit.Key, static audit => audit.First().Value);
    }

    private static List<StandingOutput> Changes(BelievedStanding before, BelievedStanding after)
    {
        var nodes = after.Nodes.Values.Where(node => !(before.Nodes.TryGetValue(node.Node, out var known) && known.StructHash() == node.StructHash())).ToImmutableArray();
        List<StandingOutput> outputs = nodes.IsEmpty ? [] : [new StandingOutput.NodesChanged(nodes)];
        outputs.AddRange(after.Audits.Where(audit => !before.Audits.ContainsKey(audit.Key))
            .OrderBy(static audit => audit.Key.Receipt).Select(static audit => new StandingOutput.AuditDecided(audit.Key.Gateway, audit.Key.Receipt, audit.Value)));
        return outputs;
    }

    /// <summary>Who says what, and with how much stake.</summary>
    private sealed record Stakes(UInt128 Total, (UInt128 Stake, LedgerStanding Word)[] Said)
    {
        /// <summary>Whether those for whose place it holds have more than two thirds of all stake; that of who has said nothing counts against it.</summary>
        internal bool AreMost(Func<int, bool> holds)
        {
            var sum = UInt128.Zero;
            for (var i = 0; i < Said.Length; i++)
            {
                sum += holds(i) ? Said[i].Stake : 0;
            }

            return Quorum.IsReached(sum, Total);
        }
    }
}
