using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>One of the likeliest tokens at a position.</summary>
/// <param name="TokenId">Its id, 0 or more.</param>
/// <param name="Logprob">Its natural log-probability in 1/4096 nat, 0 or less.</param>
public readonly record struct LikelyToken(int TokenId, int Logprob);

/// <summary>
/// What a model said at one position of an answer: the token that was delivered, and the likeliest tokens of the model's own
/// distribution, before temperature, penalties or any other sampling option. Whoever runs the same model over the same text finds the same.
/// </summary>
/// <remarks>
/// Bytes, all numbers big-endian: position (uint32), token id (uint32), then eight times token id (uint32) and log-probability (int32, in
/// 1/4096 nat), the likeliest first, the lower id first among equals. A model with fewer than eight tokens fills up with 0xFFFFFFFF and
/// -2^31. That makes 72 bytes, which no inner node of a <see cref="MerkleTree"/> has.
/// </remarks>
public sealed class Fingerprint
{
    /// <summary>Likeliest tokens at one position.</summary>
    public const int TopCount = 8;

    /// <summary>Steps of a log-probability in one nat.</summary>
    public const int StepsPerNat = 4096;

    /// <summary>Bytes of the encoded form.</summary>
    public const int Size = 8 + (8 * TopCount);

    private const int NoToken = -1;
    private const int NoLogprob = int.MinValue;

    private Fingerprint(int position, int tokenId, IReadOnlyList<LikelyToken> top) => (Position, TokenId, Top) = (position, tokenId, top);

    /// <summary>The token's index among those of its attempt, from 0.</summary>
    public int Position { get; }

    /// <summary>The token that was delivered there.</summary>
    public int TokenId { get; }

    /// <summary>1 to 8 tokens, the likeliest first, the lower id first among equals.</summary>
    public IReadOnlyList<LikelyToken> Top { get; }

    /// <summary>keccak-256 of the bytes.</summary>
    public Hash32 Leaf
    {
        get
        {
            Span<byte> bytes = stackalloc byte[Size];
            Write(bytes);
            return Keccak256.Of(bytes);
        }
    }

    /// <summary>Rounds a position's log-probabilities and puts them in order; the first eight count, and those of minus infinity do not.</summary>
    /// <param name="position">0 or more.</param>
    /// <param name="tokenId">The delivered token, 0 or more.</param>
    /// <param name="top">Token ids and natural log-probabilities, the likeliest first.</param>
    /// <exception cref="ArgumentException">A number is none, or no token is possible: the model is broken.</exception>
    public static Fingerprint Of(int position, int tokenId, IEnumerable<(int TokenId, float Logprob)> top)
    {
        LikelyToken[] likely =
        [
            .. top.Where(static token => !float.IsNegativeInfinity(token.Logprob)).Take(TopCount)
                .Select(static token => new LikelyToken(token.TokenId, Rounded(token.Logprob)))
                .OrderByDescending(static token => token.Logprob).ThenBy(static token => token.TokenId),
        ];
        return Problem(position, tokenId, likely) is { } problem
            ? throw new ArgumentException($"The model's log-probabilities cannot be evidence: {problem}.", nameof(top))
            : new Fingerprint(position, tokenId, likely);
    }

    /// <summary>Writes the 72 bytes.</summary>
    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, Position);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], TokenId);
        for (var i = 0; i < TopCount; i++)
        {
            var token = i < Top.Count ? Top[i] : new LikelyToken(NoToken, NoLogprob);
            BinaryPrimitives.WriteInt32BigEndian(destination[(8 + (8 * i))..], token.TokenId);
            BinaryPrimitives.WriteInt32BigEndian(destination[(12 + (8 * i))..], token.Logprob);
        }
    }

    /// <summary>Reads 72 bytes; null, with what is wrong, when they are no fingerprint.</summary>
    internal static Fingerprint? Read(ReadOnlySpan<byte> bytes, out string? problem)
    {
        var position = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var tokenId = BinaryPrimitives.ReadInt32BigEndian(bytes[4..]);
        var all = new LikelyToken[TopCount];
        for (var i = 0; i < TopCount; i++)
        {
            all[i] = new LikelyToken(
                BinaryPrimitives.ReadInt32BigEndian(bytes[(8 + (8 * i))..]), BinaryPrimitives.ReadInt32BigEndian(bytes[(12 + (8 * i))..]));
        }

        var padding = new LikelyToken(NoToken, NoLogprob);
        LikelyToken[] top = [.. all.TakeWhile(token => token != padding)];
        problem = all.Skip(top.Length).Any(token => token != padding) ? "a token follows an empty place" : Problem(position, tokenId, top);
        return problem is null ? new Fingerprint(position, tokenId, top) : null;
    }

    private static int Rounded(float logprob) => float.IsNaN(logprob)
        ? throw new ArgumentException("The model's log-probabilities cannot be evidence: one is not a number.", nameof(logprob))
        : (int)Math.Clamp(Math.Round((double)logprob * StepsPerNat), NoLogprob + 1, 0);

    private static string? Problem(int position, int tokenId, LikelyToken[] top)
    {
        if (position < 0 || tokenId < 0 || top.Any(static token => token.TokenId < 0))
        {
            return "a position or token id is 2^31 or more";
        }

        if (top.Length == 0)
        {
            return "no token is possible";
        }

        if (top.Any(static token => token.Logprob is > 0 or NoLogprob))
        {
            return "a log-probability is above 0 or too low";
        }

        var isOrdered = top.Zip(top.Skip(1)).All(static pair =>
            pair.First.Logprob > pair.Second.Logprob
            || (pair.First.Logprob == pair.Second.Logprob && pair.First.TokenId < pair.Second.TokenId));
        return !isOrdered ? "the tokens are not in order"
            : top.DistinctBy(static token => token.TokenId).Count() < top.Length ? "a token comes twice"
            : null;
    }
}
