using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>Who leads which view (rule K1). Safety never depends on it.</summary>
/// <remarks>
/// 1. A cycle has four slots for each validator: one for sure, the others by stake, rounded by largest remainder. 2. Each cycle is shuffled
/// anew (Fisher and Yates) with keccak-256 of seed and cycle. So turns are in proportion to stake, and nobody waits longer than two cycles.
/// </remarks>
public sealed class LeaderSchedule
{
    private const int SlotsPerMember = 4;
    private readonly ImmutableArray<int> _slots;
    private (ulong Cycle, ImmutableArray<int> Leaders) _last;

    /// <summary>The schedule of an epoch.</summary>
    /// <param name="seed">Not known before the set was fixed; see <see cref="NextSeed"/>.</param>
    public LeaderSchedule(ValidatorSet set, Hash32 seed)
    {
        ArgumentNullException.ThrowIfNull(set);
        Seed = seed;
        _slots = Slots(set);
        _last = (0, Shuffled(0));
    }

    /// <summary>What the order follows from.</summary>
    public Hash32 Seed { get; }

    /// <summary>The leader's place in the set.</summary>
    public int LeaderOf(ulong view)
    {
        var (cycle, slot) = Math.DivRem(view, (ulong)_slots.Length);
        var last = _last;
        if (last.Cycle != cycle || last.Leaders.IsDefault)
        {
            _last = last = (cycle, Shuffled(cycle)); // a memo of a pure function
        }

        return last.Leaders[(int)slot];
    }

    /// <summary>The seed of the next epoch: keccak-256(seed ‖ reveals ‖ chain ‖ epoch).</summary>
    /// <param name="reveals">Exclusive or of all that the finalised blocks of the epoch reveal (rule K2).</param>
    /// <param name="chain">prevrandao of the chain's block that the next epoch is anchored at.</param>
    /// <param name="epoch">The next epoch's number.</param>
    public static Hash32 NextSeed(Hash32 seed, Hash32 reveals, Hash32 chain, ulong epoch)
    {
        Span<byte> preimage = stackalloc byte[(3 * Hash32.Size) + 8];
        seed.CopyTo(preimage);
        reveals.CopyTo(preimage[Hash32.Size..]);
        chain.CopyTo(preimage[(2 * Hash32.Size)..]);
        BinaryPrimitives.WriteUInt64BigEndian(preimage[(3 * Hash32.Size)..], epoch);
        return Keccak256.Of(preimage);
    }

    private static ImmutableArray<int> Slots(ValidatorSet set)
    {
        var spare = (UInt128)((SlotsPerMember - 1) * set.Members.Length);
        var shares = set.Members.Select((member, place) => (Place: place, Share: UInt128.DivRem(member.Weight * spare, set.TotalWeight))).ToArray();
        var left = (int)(spare - shares.Aggregate(UInt128.Zero, static (sum, item) => sum + item.Share.Quotient));
        var lucky = shares.OrderByDescending(static item => item.Share.Remainder).ThenBy(static item => item.Place).Take(left).Select(static item => item.Place).ToHashSet();
        return [.. shares.SelectMany(item => Enumerable.Repeat(item.Place, 1 + (int)item.Share.Quotient + (lucky.Contains(item.Place) ? 1 : 0)))];
    }

    private ImmutableArray<int> Shuffled(ulong cycle)
    {
        var slots = _slots.ToArray();
        for (var i = slots.Length - 1; i > 0; i--)
        {
            var other = (int)(Draw(cycle, (ulong)i) % (UInt128)(i + 1));
            (slots[i], slots[other]) = (slots[other], slots[i]);
        }

        return [.. slots];
    }

    private UInt128 Draw(ulong cycle, ulong index)
    {
        Span<byte> preimage = stackalloc byte[Hash32.Size + 16];
        Seed.CopyTo(preimage);
        BinaryPrimitives.WriteUInt64BigEndian(preimage[Hash32.Size..], cycle);
        BinaryPrimitives.WriteUInt64BigEndian(preimage[(Hash32.Size + 8)..], index);
        return BinaryPrimitives.ReadUInt128BigEndian(Keccak256.Hash(preimage));
    }
}
