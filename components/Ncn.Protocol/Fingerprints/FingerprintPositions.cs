using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>The places of an answer whose log-probabilities are evidence: one in each window of 16 tokens, and the last token.</summary>
/// <remarks>
/// Position of window w: 16·w + (keccak256(jobHash ‖ w as uint32 big-endian)[0] mod 16), where jobHash is the struct hash of the
/// <see cref="InferenceJob"/>. A position is a token's index among the tokens of one attempt, from 0: tokens that were committed before
/// the attempt are not counted.
/// </remarks>
/// <param name="jobHash"><see cref="InferenceJob.StructHash"/> of the attempt.</param>
public sealed class FingerprintPositions(Hash32 jobHash)
{
    /// <summary>Tokens in which one place is chosen.</summary>
    public const int Window = 16;

    /// <summary>True when the window of this position has chosen it. The last token of an answer counts besides.</summary>
    public bool IsChosen(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        return position == ChosenIn(position / Window);
    }

    /// <summary>The positions of an answer of so many tokens, ascending.</summary>
    public IEnumerable<int> Of(int tokens)
    {
        var last = -1;
        for (var window = 0; window * Window < tokens; window++)
        {
            if (ChosenIn(window) is var chosen && chosen < tokens)
            {
                yield return last = chosen;
            }
        }

        if (last < tokens - 1)
        {
            yield return tokens - 1;
        }
    }

    private int ChosenIn(int window)
    {
        Span<byte> preimage = stackalloc byte[Hash32.Size + 4];
        jobHash.CopyTo(preimage);
        BinaryPrimitives.WriteInt32BigEndian(preimage[Hash32.Size..], window);
        Span<byte> digest = stackalloc byte[Hash32.Size];
        Keccak256.Hash(preimage, digest);
        return (Window * window) + (digest[0] % Window);
    }
}
