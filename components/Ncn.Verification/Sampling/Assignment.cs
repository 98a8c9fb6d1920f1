using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>Who checks first.</summary>
public static class Assignment
{
    private const byte Tag = 3;

    /// <summary>
    /// Draws so many different members, each by its stake among those that are left: keccak-256(3 ‖ subject ‖ turn) modulo the stake that is left. Nobody
    /// chooses the subject, so nobody chooses its checkers.
    /// </summary>
    /// <returns>Their keys in the order of the draw; all members when there are not more.</returns>
    public static ImmutableArray<Address> Draw(Hash32 subject, ImmutableArray<Checker> members, int count)
    {
        var left = members.Where(static member => member.Weight > 0).ToList();
        var drawn = ImmutableArray.CreateBuilder<Address>();
        for (byte turn = 0; drawn.Count < count && left.Count > 0; turn++)
        {
            var at = Place(left, Number(subject, turn));
            drawn.Add(left[at].Key);
            left.RemoveAt(at);
        }

        return drawn.ToImmutable();
    }

    private static int Place(List<Checker> left, UInt128 number)
    {
        var rest = number % left.Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);
        var at = 0;
        while (rest >= left[at].Weight)
        {
            rest -= left[at++].Weight;
        }

        return at;
    }

    private static UInt128 Number(Hash32 subject, byte turn) =>
        BinaryPrimitives.ReadUInt128BigEndian(Keccak256.Hash(new CanonicalWriter().Byte(Tag).Word(subject).Byte(turn).Written));
}
