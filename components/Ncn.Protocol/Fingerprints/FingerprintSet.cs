using System.Diagnostics.CodeAnalysis;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>
/// The fingerprints of one attempt, by rising position: the evidence under <see cref="Receipt.FingerprintRoot"/>. Immutable, and valid
/// by construction.
/// </summary>
/// <remarks>
/// Encoded: nothing for an empty set; otherwise one byte of version (1), then 72 bytes for each <see cref="Fingerprint"/>. The root is that
/// of a <see cref="MerkleTree"/> over their leaves; zero for an empty set.
/// </remarks>
public sealed class FingerprintSet
{
    /// <summary>Most fingerprints in one set: those of 262,144 tokens.</summary>
    public const int MaxCount = 16_384;

    private const byte Version = 1;

    private FingerprintSet(IReadOnlyList<Fingerprint> fingerprints)
    {
        Fingerprints = fingerprints;
        Root = MerkleTree.Root([.. fingerprints.Select(static fingerprint => fingerprint.Leaf)]);
    }

    /// <summary>The set of an answer without a token, or of a model that gives no tokens.</summary>
    public static FingerprintSet Empty { get; } = new([]);

    /// <summary>By rising position.</summary>
    public IReadOnlyList<Fingerprint> Fingerprints { get; }

    /// <summary>The Merkle root; zero when there is no fingerprint.</summary>
    public Hash32 Root { get; }

    /// <summary>The set of these fingerprints.</summary>
    /// <exception cref="ArgumentException">They are too many, or their positions do not rise.</exception>
    public static FingerprintSet Of(IEnumerable<Fingerprint> fingerprints)
    {
        Fingerprint[] all = [.. fingerprints];
        return Problem(all) is { } problem
            ? throw new ArgumentException($"{problem}.", nameof(fingerprints))
            : new FingerprintSet(all);
    }

    /// <summary>The bytes that travel beside a receipt.</summary>
    public byte[] Encode()
    {
        if (Fingerprints.Count == 0)
        {
            return [];
        }

        var bytes = new byte[1 + (Fingerprint.Size * Fingerprints.Count)];
        bytes[0] = Version;
        for (var i = 0; i < Fingerprints.Count; i++)
        {
            Fingerprints[i].Write(bytes.AsSpan(1 + (Fingerprint.Size * i)));
        }

        return bytes;
    }

    /// <summary>Reads what came from outside; false, with what is wrong, when it is no set.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out FingerprintSet? set, [NotNullWhen(false)] out string? problem)
    {
        (set, problem) = (bytes.IsEmpty ? Empty : null, null);
        if (set is not null)
        {
            return true;
        }

        var count = (bytes.Length - 1) / Fingerprint.Size;
        problem = bytes[0] != Version ? $"the fingerprints are of the unknown version {bytes[0]}"
            : count == 0 || bytes.Length != 1 + (count * Fingerprint.Size) ? $"{bytes.Length} bytes hold no whole number of fingerprints"
            : count > MaxCount ? $"{count} fingerprints are more than {MaxCount}"
            : null;
        return problem is null && TryRead(bytes[1..], count, out set, out problem);
    }

    /// <summary>What is wrong with this set as the evidence of an attempt that delivered these tokens; null when nothing is.</summary>
    /// <param name="positions">Of the attempt's job.</param>
    /// <param name="tokens">All tokens that the attempt delivered, without those that were committed before it.</param>
    public string? Problem(FingerprintPositions positions, IReadOnlyList<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(tokens);
        if (!Fingerprints.Select(static fingerprint => fingerprint.Position).SequenceEqual(positions.Of(tokens.Count)))
        {
            return $"the fingerprints are not those of the positions that the job chooses from {tokens.Count} tokens";
        }

        return Fingerprints.FirstOrDefault(fingerprint => fingerprint.TokenId != tokens[fingerprint.Position]) is { } other
            ? $"the fingerprint at position {other.Position} is of token {other.TokenId}, and {tokens[other.Position]} was delivered"
            : null;
    }

    private static bool TryRead(
        ReadOnlySpan<byte> bytes, int count, [NotNullWhen(true)] out FingerprintSet? set, [NotNullWhen(false)] out string? problem)
    {
        set = null;
        var all = new Fingerprint[count];
        for (var i = 0; i < count; i++)
        {
            if (Fingerprint.Read(bytes.Slice(i * Fingerprint.Size, Fingerprint.Size), out var wrong) is not { } fingerprint)
            {
                problem = $"fingerprint {i} cannot be read: {wrong}";
                return false;
            }

            all[i] = fingerprint;
        }

        problem = Problem(all);
        set = problem is null ? new FingerprintSet(all) : null;
        return set is not null;
    }

    private static string? Problem(Fingerprint[] all) =>
        all.Length > MaxCount ? $"{all.Length} fingerprints are more than {MaxCount}"
        : all.Zip(all.Skip(1)).Any(static pair => pair.First.Position >= pair.Second.Position) ? "the fingerprints' positions do not rise"
        : null;
}
