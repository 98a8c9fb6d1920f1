using System.Buffers.Binary;

namespace Ncn.Consensus;

/// <summary>Some members of a set, by their places in it: bit i stands for member i, as in the contract's checkpoints.</summary>
public readonly record struct SignerBits(UInt128 Bits)
{
    /// <summary>How many there are.</summary>
    public int Count => (int)UInt128.PopCount(Bits);

    /// <summary>Whether the member is among them.</summary>
    public bool Contains(int member) => (Bits >> member & 1) == 1;

    /// <summary>With one more.</summary>
    public SignerBits With(int member) => new(Bits | (UInt128.One << member));

    /// <summary>Those in both.</summary>
    public SignerBits And(SignerBits other) => new(Bits & other.Bits);

    /// <summary>The bits as a number, big-endian, in so many bytes.</summary>
    internal byte[] ToBytes(int count)
    {
        Span<byte> all = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(all, Bits);
        return all[^count..].ToArray();
    }

    /// <summary>Their places, ascending.</summary>
    public IEnumerable<int> Members()
    {
        for (var member = 0; member < 128; member++)
        {
            if (Contains(member))
            {
                yield return member;
            }
        }
    }
}
