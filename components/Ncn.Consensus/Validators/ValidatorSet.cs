using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>One who votes in an epoch.</summary>
/// <param name="Key">Address of its consensus key, which signs votes and checkpoints and nothing else.</param>
/// <param name="Weight">Its stake in atomic units, below 2^96.</param>
public readonly record struct Validator(Address Key, UInt128 Weight);

/// <summary>Who votes in an epoch, with which weight (rule R2): a snapshot of ValidatorRegistry.</summary>
public sealed class ValidatorSet
{
    /// <summary>Fewest members, as in the contract.</summary>
    public const int Fewest = 4;

    /// <summary>Most members, as in the contract.</summary>
    public const int Most = 100;

    private const int WeightBytes = 12;
    private static readonly UInt128 HeaviestWeight = (UInt128.One << 96) - 1;

    private ValidatorSet(ImmutableArray<Validator> members)
    {
        Members = members;
        TotalWeight = members.Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);
        Hash = HashOf(members);
    }

    /// <summary>Ascending by key; a member's place is its number in certificates and bitmaps.</summary>
    public ImmutableArray<Validator> Members { get; }

    /// <summary>Sum of the weights.</summary>
    public UInt128 TotalWeight { get; }

    /// <summary>keccak-256 of the members, 32 bytes each (key, weight): the contract's setHash.</summary>
    public Hash32 Hash { get; }

    /// <summary>Puts members in order.</summary>
    /// <exception cref="ArgumentException">Too few or too many, a key twice or zero, a weight of zero or above 2^96 - 1.</exception>
    public static ValidatorSet Of(IEnumerable<Validator> members)
    {
        ImmutableArray<Validator> ordered = [.. members.OrderBy(static member => member.Key)];
        var isValid = ordered.Length is >= Fewest and <= Most
            && ordered.All(static member => !member.Key.IsZero && member.Weight > 0 && member.Weight <= HeaviestWeight)
            && ordered.Select(static member => member.Key).Distinct().Count() == ordered.Length;
        return isValid ? new ValidatorSet(ordered)
            : throw new ArgumentException($"A set has {Fewest} to {Most} members with different keys and weights from 1 to 2^96 - 1; take it from a snapshot of the contract.", nameof(members));
    }

    /// <summary>The member's place; null for a stranger.</summary>
    public int? IndexOf(Address key)
    {
        var place = Members.BinarySearch(new Validator(key, 0), ByKey.Instance);
        return place < 0 ? null : place;
    }

    /// <summary>Sum of the weights of some.</summary>
    public UInt128 WeightOf(SignerBits signers)
    {
        var sum = UInt128.Zero;
        for (var member = 0; member < Members.Length; member++)
        {
            sum += signers.Contains(member) ? Members[member].Weight : 0;
        }

        return sum;
    }

    /// <summary>Whether they have more than two thirds (rule R3).</summary>
    public bool IsQuorum(SignerBits signers) => Quorum.IsReached(WeightOf(signers), TotalWeight);

    /// <summary>Whether they have more than a third.</summary>
    public bool HasHonest(SignerBits signers) => Quorum.HasHonest(WeightOf(signers), TotalWeight);

    private static Hash32 HashOf(ImmutableArray<Validator> members)
    {
        var packed = new byte[members.Length * Hash32.Size];
        Span<byte> weight = stackalloc byte[16];
        for (var i = 0; i < members.Length; i++)
        {
            var word = packed.AsSpan(i * Hash32.Size, Hash32.Size);
            members[i].Key.CopyTo(word);
            BinaryPrimitives.WriteUInt128BigEndian(weight, members[i].Weight);
            weight[^WeightBytes..].CopyTo(word[Address.Size..]);
        }

        return Keccak256.Of(packed);
    }

    private sealed class ByKey : IComparer<Validator>
    {
        internal static ByKey Instance { get; } = new();

        public int Compare(Validator x, Validator y) => x.Key.CompareTo(y.Key);
    }
}
