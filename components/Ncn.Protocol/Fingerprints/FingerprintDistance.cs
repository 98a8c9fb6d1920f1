namespace Ncn.Protocol;

/// <summary>Whether two sets are about the same answer.</summary>
public enum FingerprintMatch
{
    /// <summary>The same positions and tokens: the distances say how far the models' opinions are apart.</summary>
    SameAnswer,

    /// <summary>Other positions: they are of other jobs, or of another number of tokens.</summary>
    OtherPositions,

    /// <summary>The same positions and other tokens.</summary>
    OtherTokens,
}

/// <summary>How far two nodes' fingerprints of one answer are apart. Runs of one model on one machine agree to the bit; other machines round otherwise.</summary>
/// <remarks>
/// At each position, over the tokens that either set has among its likeliest: the difference of the two log-probabilities; for a token that
/// one set lacks, how far it lies above that set's least likely one, since there it was at most that likely. A near tie for the eighth
/// place so makes no difference.
/// </remarks>
/// <param name="Match">Anything but <see cref="FingerprintMatch.SameAnswer"/> leaves the other members 0.</param>
/// <param name="Compared">Log-probabilities that were compared.</param>
/// <param name="Largest">The greatest difference, in 1/4096 nat.</param>
/// <param name="Sum">All differences together, in 1/4096 nat.</param>
public readonly record struct FingerprintDistance(FingerprintMatch Match, int Compared, long Largest, long Sum)
{
    /// <summary>The mean difference in nats; 0 when nothing was compared.</summary>
    public double MeanNats => Compared == 0 ? 0 : (double)Sum / Compared / Fingerprint.StepsPerNat;

    /// <summary>Compares what a node stated with what a re-run found.</summary>
    public static FingerprintDistance Between(FingerprintSet stated, FingerprintSet found)
    {
        ArgumentNullException.ThrowIfNull(stated);
        ArgumentNullException.ThrowIfNull(found);
        if (!stated.Fingerprints.Select(static at => at.Position).SequenceEqual(found.Fingerprints.Select(static at => at.Position)))
        {
            return new FingerprintDistance(FingerprintMatch.OtherPositions, 0, 0, 0);
        }

        if (!stated.Fingerprints.Select(static at => at.TokenId).SequenceEqual(found.Fingerprints.Select(static at => at.TokenId)))
        {
            return new FingerprintDistance(FingerprintMatch.OtherTokens, 0, 0, 0);
        }

        long[] all = [.. stated.Fingerprints.Zip(found.Fingerprints).SelectMany(static pair => Differences(pair.First.Top, pair.Second.Top))];
        return new FingerprintDistance(FingerprintMatch.SameAnswer, all.Length, all.DefaultIfEmpty().Max(), all.Sum());
    }

    /// <summary>True when both are about the same answer and no log-probability differs by more than this, in 1/4096 nat.</summary>
    public bool IsWithin(long largest) => Match == FingerprintMatch.SameAnswer && Largest <= largest;

    private static IEnumerable<long> Differences(IReadOnlyList<LikelyToken> one, IReadOnlyList<LikelyToken> other)
    {
        foreach (var token in one)
        {
            yield return LogprobIn(other, token.TokenId) is { } logprob ? Math.Abs((long)token.Logprob - logprob) : Above(token, other);
        }

        foreach (var token in other.Where(token => LogprobIn(one, token.TokenId) is null))
        {
            yield return Above(token, one);
        }
    }

    private static long? LogprobIn(IReadOnlyList<LikelyToken> top, int tokenId)
    {
        foreach (var token in top)
        {
            if (token.TokenId == tokenId)
            {
                return token.Logprob;
            }
        }

        return null;
    }

    private static long Above(LikelyToken token, IReadOnlyList<LikelyToken> top) => Math.Max(0, (long)token.Logprob - top[^1].Logprob);
}
