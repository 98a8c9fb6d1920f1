namespace Ncn.Inference.Generation.Sampling;

/// <summary>
/// Says how far logits would have to be off for <see cref="Sampler"/> to give a stated token. Two honest machines have logits that differ in
/// their last places, so a draw near the border of two tokens can fall on either; a token that only large errors explain was drawn otherwise.
/// </summary>
public static class DrawDoubt
{
    /// <summary>Steps in one nat.</summary>
    public const int StepsPerNat = 1 << 20;

    /// <summary>No error of a believable size explains the token.</summary>
    public const int Impossible = int.MaxValue;

    /// <summary>Errors are tried from one step to 2^25 steps, which is 32 nats.</summary>
    private const int Rungs = 26;

    /// <summary>The doubt about a position; its steps are 0 when the sampler gives one of the stated tokens.</summary>
    /// <param name="logits">This machine's logits.</param>
    /// <param name="options">As <see cref="Sampler.Next"/> takes them, like all that follows.</param>
    /// <param name="history">The tokens so far.</param>
    /// <param name="position">Index in the completion, from 0.</param>
    /// <param name="workspace">Buffers.</param>
    /// <param name="allowed">The tokens that may come; null for all.</param>
    /// <param name="stated">The tokens of which one is said to have been drawn.</param>
    public static TokenDoubt Of(
        ReadOnlySpan<float> logits, SamplingOptions options, TokenHistory history, uint position, SamplingWorkspace workspace, TokenMask? allowed,
        IReadOnlyCollection<int> stated)
    {
        ArgumentNullException.ThrowIfNull(stated);
        int drawn = Sampler.Next(logits, options, history, position, workspace, allowed);
        if (stated.Contains(drawn))
        {
            return new TokenDoubt((int)position, drawn, 0);
        }

        ReadOnlySpan<float> changed = LogitAdjustment.Apply(logits, options, history, allowed, workspace);
        var draw = new DisturbedDraw(changed, options, CounterRandom.Unit(options.Seed, position));
        return new TokenDoubt((int)position, drawn, stated.Select(token => Least(draw, token)).DefaultIfEmpty(Impossible).Min());
    }

    private static int Least(DisturbedDraw draw, int token)
    {
        int low = 0;
        int high = Rungs;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (draw.CanGive(token, (double)(1 << middle) / StepsPerNat))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low == Rungs ? Impossible : 1 << low;
    }
}
