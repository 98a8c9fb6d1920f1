using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Chain.Artifacts;

/// <summary>A piece of code, in bytes from its beginning.</summary>
public readonly record struct CodeRange(int Start, int Length);

/// <summary>How to recognise a contract's code on a chain: its hash, where the values that a constructor fills in count as zero.</summary>
/// <param name="Hash">keccak-256 of the code without those values.</param>
/// <param name="Immutables">Where the values are.</param>
public sealed record RuntimeCode(Hash32 Hash, IReadOnlyList<CodeRange> Immutables)
{
    /// <summary>True when this code is what was built.</summary>
    public bool Matches(ReadOnlySpan<byte> code)
    {
        var plain = code.ToArray();
        foreach (var (start, length) in Immutables)
        {
            if (start < 0 || length < 0 || start > plain.Length - length)
            {
                return false;
            }

            plain.AsSpan(start, length).Clear();
        }

        return new Hash32(Keccak256.Hash(plain)) == Hash;
    }
}
