using Ncn.Protocol;

namespace Ncn.Payments.Pricing;

/// <summary>How fast an answer came, by one side's clock.</summary>
/// <param name="FirstTokenMilliseconds">From the job's dispatch (node: its arrival) to the first token.</param>
/// <param name="Tokens">Tokens in all; rows for tensors.</param>
/// <param name="GenerationMilliseconds">From the first token to the last.</param>
public readonly record struct ServiceMeasure(uint FirstTokenMilliseconds, uint Tokens, uint GenerationMilliseconds);

/// <summary>What a broken promise costs. Gateway and node use this one rule, each with its own clock.</summary>
/// <remarks>
/// Late is the share of the measured time that lies beyond the promised time: 300 ms where 200 were promised is a third. The credit is
/// that share of the price, of the first token or of the rest, whichever is greater, and at most half.
/// </remarks>
public static class ServiceCredit
{
    /// <summary>The most of a price that is credited, basis points.</summary>
    public const uint MaxBasisPoints = 5_000;

    /// <summary>An answer of fewer tokens says nothing about the rate.</summary>
    public const uint LeastTokens = 8;

    /// <summary>The share of the price that is credited, basis points: 0 when the promise was kept, or nothing was delivered.</summary>
    public static uint BasisPoints(ServiceLevel promised, ServiceMeasure measured)
    {
        ArgumentNullException.ThrowIfNull(promised);
        if (measured.Tokens == 0)
        {
            return 0;
        }

        var first = promised.FirstTokenMilliseconds == 0 ? 0 : Late(promised.FirstTokenMilliseconds, measured.FirstTokenMilliseconds);
        var rest = promised.TokensPerSecond == 0 || measured.Tokens < LeastTokens ? 0
            : Late(1000UL * (measured.Tokens - 1) / promised.TokensPerSecond, measured.GenerationMilliseconds);
        return Math.Min(MaxBasisPoints, Math.Max(first, rest));
    }

    /// <summary>The credit on a price, rounded down to a whole unit.</summary>
    /// <param name="basisPoints">At most <see cref="MaxBasisPoints"/>.</param>
    public static TokenAmount Of(TokenAmount price, uint basisPoints)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(basisPoints, MaxBasisPoints);
        return new TokenAmount((price * basisPoints).Units / UsagePrice.WholeBasisPoints);
    }

    private static uint Late(ulong promised, ulong measured) =>
        measured <= promised ? 0 : (uint)((measured - promised) * UsagePrice.WholeBasisPoints / measured);
}

/// <summary>Adds up how long somebody waited for a node's output. Who reads slowly does not make the node slow: only waits are counted.</summary>
public sealed class ServiceMeter
{
    private double _pending;
    private double _first;
    private double _generation;
    private uint _tokens;

    /// <summary>What was measured up to the last token.</summary>
    public ServiceMeasure Measure => new(Whole(_first), _tokens, Whole(_generation));

    /// <summary>The reader waited, and got this many tokens (rows for tensors); 0 when it got something else.</summary>
    public void Waited(TimeSpan wait, uint tokens)
    {
        _pending += wait.TotalMilliseconds;
        if (tokens == 0)
        {
            return;
        }

        if (_tokens == 0)
        {
            _first = _pending;
        }
        else
        {
            _generation += _pending;
        }

        (_tokens, _pending) = (_tokens + tokens, 0);
    }

    private static uint Whole(double milliseconds) => (uint)Math.Clamp(milliseconds, 0, uint.MaxValue);
}
