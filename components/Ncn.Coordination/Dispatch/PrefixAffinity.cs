using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Dispatch;

/// <summary>Which node has seen which beginning of a prompt. Two generations bound it: when the young one is full, the old one is forgotten.</summary>
public sealed record PrefixAffinity(ImmutableDictionary<ulong, Address> Young, ImmutableDictionary<ulong, Address> Old)
{
    /// <summary>Nothing was seen.</summary>
    public static PrefixAffinity Empty { get; } = new(ImmutableDictionary<ulong, Address>.Empty, ImmutableDictionary<ulong, Address>.Empty);

    /// <summary>Remembered beginnings.</summary>
    public int Count => Young.Count + Old.Count;

    internal Address? Find(ulong prefix) =>
        Young.TryGetValue(prefix, out var young) ? young : Old.TryGetValue(prefix, out var old) ? old : null;

    internal PrefixAffinity Remember(ImmutableArray<ulong> prefixes, Address node, int capacity)
    {
        var (young, old) = (Young, Old);
        foreach (var prefix in prefixes)
        {
            young = young.SetItem(prefix, node);
            (young, old) = young.Count >= capacity / 2 ? (ImmutableDictionary<ulong, Address>.Empty, young) : (young, old);
        }

        return ReferenceEquals(young, Young) ? this : new PrefixAffinity(young, old);
    }
}
