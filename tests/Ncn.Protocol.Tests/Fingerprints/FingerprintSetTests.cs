using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol.Tests.Fingerprints;

/// <summary>What a node could send instead of the evidence that it owes is refused, with words that say why.</summary>
public sealed class FingerprintSetTests
{
    private const int TopOffset = 1 + 8;

    private static readonly FingerprintPositions Positions = new(Keccak256.Of([1, 2, 3]));

    [Fact]
    public void The_evidence_of_an_answer_is_accepted()
    {
        int[] tokens = Tokens(50);
        Assert.Null(Honest(tokens).Problem(Positions, tokens));
        Assert.Null(FingerprintSet.Empty.Problem(Positions, []));
        Assert.Equal(default, FingerprintSet.Empty.Root);
    }

    [Fact]
    public void Wrong_positions_and_tokens_are_told()
    {
        int[] tokens = Tokens(50);
        FingerprintSet honest = Honest(tokens);
        Assert.Contains("positions", honest.Problem(Positions, Tokens(49)), StringComparison.Ordinal);
        Assert.Contains("positions", honest.Problem(new FingerprintPositions(Keccak256.Of([4])), tokens), StringComparison.Ordinal);
        Assert.Contains("positions", FingerprintSet.Of(honest.Fingerprints.Skip(1)).Problem(Positions, tokens), StringComparison.Ordinal);
        Assert.Contains("positions", FingerprintSet.Empty.Problem(Positions, tokens), StringComparison.Ordinal);
        int changed = honest.Fingerprints[1].Position;
        tokens[changed]++;
        Assert.Contains($"position {changed} is of token", honest.Problem(Positions, tokens), StringComparison.Ordinal);
    }

    public static TheoryData<string, Func<byte[], byte[]>> Hostile => new()
    {
        { "unknown version 2", bytes => Changed(bytes, 0, 2) },
        { "no whole number", bytes => bytes[..^1] },
        { "no whole number", bytes => [.. bytes, 0] },
        { "no whole number", _ => [1] },
        { "more than 16384", _ => [1, .. new byte[Fingerprint.Size * (FingerprintSet.MaxCount + 1)]] },
        { "do not rise", bytes => [1, .. bytes[(1 + Fingerprint.Size)..], .. bytes[1..(1 + Fingerprint.Size)]] },
        { "do not rise", bytes => [.. bytes[..(1 + Fingerprint.Size)], .. bytes[1..]] },
        { "2^31", bytes => Changed(bytes, 1, 0x80) },
        { "2^31", bytes => Changed(bytes, 5, 0xFF) },
        { "2^31", bytes => Changed(bytes, TopOffset, 0x80) },
        { "above 0", bytes => Written(bytes, TopOffset + 4, 1) },
        { "too low", bytes => Written(bytes, TopOffset + 60, int.MinValue) },
        { "not in order", bytes => Written(bytes, TopOffset + 12, 0) },
        { "not in order", bytes => Written(bytes, TopOffset + 12, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(TopOffset + 4)), id: 0) },
        { "comes twice", bytes => Written(bytes, TopOffset + 8, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(TopOffset))) },
        { "no token is possible", bytes => Emptied(bytes, 0, 8) },
        { "follows an empty place", bytes => Emptied(bytes, 3, 4) },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_bytes_are_refused(string expected, Func<byte[], byte[]> change)
    {
        byte[] bytes = change(Honest(Tokens(50)).Encode());
        Assert.False(FingerprintSet.TryDecode(bytes, out FingerprintSet? set, out string? problem));
        Assert.Null(set);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_never_throw_and_what_is_read_is_written_again()
    {
        var random = new Random(7);
        byte[] honest = Honest(Tokens(50)).Encode();
        for (int i = 0; i < 5000; i++)
        {
            byte[] bytes = [.. honest];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (FingerprintSet.TryDecode(bytes, out FingerprintSet? set, out _))
            {
                Assert.Equal(bytes, set.Encode());
            }
        }
    }

    [Fact]
    public void Numbers_that_are_none_are_no_evidence()
    {
        Assert.Throws<ArgumentException>(() => Fingerprint.Of(0, 1, [(1, float.NaN)]));
        Assert.Throws<ArgumentException>(() => Fingerprint.Of(0, 1, [(1, float.NegativeInfinity)]));
        Assert.Throws<ArgumentException>(() => Fingerprint.Of(0, 1, []));
        Assert.Throws<ArgumentException>(() => Fingerprint.Of(-1, 1, [(1, -1)]));
        Assert.Throws<ArgumentException>(() => FingerprintSet.Of([Fingerprint.Of(3, 1, [(1, -1)]), Fingerprint.Of(3, 1, [(1, -1)])]));
        Assert.Equal([new LikelyToken(1, 0)], Fingerprint.Of(0, 1, [(1, 0.1f), (2, float.NegativeInfinity)]).Top);
    }

    [Fact]
    public void Each_leaf_is_proven_under_the_root_and_no_other()
    {
        for (int count = 1; count <= 20; count++)
        {
            Hash32[] leaves = [.. Enumerable.Range(0, count).Select(i => Keccak256.Of([(byte)i]))];
            Hash32 root = MerkleTree.Root(leaves);
            for (int i = 0; i < count; i++)
            {
                IReadOnlyList<Hash32> proof = MerkleTree.Proof(leaves, i);
                Assert.True(MerkleTree.IsProven(leaves[i], proof, root));
                Assert.False(MerkleTree.IsProven(Keccak256.Of([200]), proof, root));
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleTree.Proof([], 0));
    }

    internal static int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => 1000 + (7 * i % 64))];

    internal static FingerprintSet Honest(int[] tokens, float shift = 0) => FingerprintSet.Of(Positions.Of(tokens.Length).Select(position =>
        Fingerprint.Of(position, tokens[position], Enumerable.Range(0, 8).Select(i => (tokens[position] + i, -0.5f - i - shift)))));

    private static byte[] Changed(byte[] bytes, int at, byte value)
    {
        bytes[at] = value;
        return bytes;
    }

    private static byte[] Written(byte[] bytes, int at, int value, int? id = null)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), value);
        if (id is { } token)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at - 4), token);
        }

        return bytes;
    }

    private static byte[] Emptied(byte[] bytes, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            Written(bytes, TopOffset + (8 * i) + 4, int.MinValue, id: -1);
        }

        return bytes;
    }
}
