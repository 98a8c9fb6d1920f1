namespace Ncn.Inference.Generation.Sampling;

/// <summary>
/// One draw, and which tokens it could give if every logit may be off by some error. Never narrower than the truth: an honest token is
/// possible at the error that its machine really made.
/// </summary>
/// <remarks>
/// With an error e of each logit, a difference of two logits is off by 2e at most, and the odds between two sets of tokens by a factor of
/// exp(2e / temperature). 1. A penalty by multiplication multiplies errors too. 2. The greedy choice can be any token within 2e of the
/// greatest. 3. The tokens that min-p, top-k and top-p keep are a beginning of the order of logits; the cut can lie anywhere between the
/// tokens that are kept for certain and those that are kept possibly. 4. The random number must fall into the widest interval that the
/// token can then have.
/// </remarks>
internal sealed class DisturbedDraw
{
    private const double MostOdds = 1e200;

    private readonly SamplingOptions _options;
    private readonly double _unit;
    private readonly double _scale;
    private readonly bool _isGreedy;
    private readonly int[] _ids;
    private readonly float[] _logits;
    private readonly double[] _weights;
    private readonly double[] _sums;

    /// <param name="logits">After mask, bias and penalties.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="unit">The position's random number.</param>
    public DisturbedDraw(ReadOnlySpan<float> logits, SamplingOptions options, double unit)
    {
        (_options, _unit) = (options, unit);
        _scale = Math.Max(options.RepetitionPenalty, 1 / options.RepetitionPenalty); // 1
        _isGreedy = options.Temperature == 0 || options.TopK == 1;
        ulong[] keys = Order(logits);
        _ids = [.. keys.Select(LogitOrder.Id)];
        _logits = new float[_ids.Length];
        _weights = new double[_ids.Length];
        _sums = new double[_ids.Length + 1];
        for (int i = 0; i < _ids.Length; i++)
        {
            _logits[i] = logits[_ids[i]];
            _weights[i] = _isGreedy ? 0 : WeightSums.Weigh(_logits[i], _logits[0], options.Temperature, least: 0);
            _sums[i + 1] = _sums[i] + _weights[i];
        }
    }

    /// <summary>Whether the draw can give a token when each of the model's logits is off by at most so many nats.</summary>
    public bool CanGive(int token, double nats)
    {
        int rank = Array.IndexOf(_ids, token);
        double apart = 2 * nats * _scale;
        if (rank < 0 || _isGreedy || _weights[rank] == 0)
        {
            return rank >= 0 && _logits[rank] + apart >= _logits[0]; // 2
        }

        double odds = Math.Min(Math.Exp(apart / _options.Temperature), MostOdds);
        (int certain, int possible) = Kept(apart, odds);
        return rank < possible && Covers(rank, certain, possible, odds);
    }

    private static ulong[] Order(ReadOnlySpan<float> logits)
    {
        var keys = new ulong[logits.Length];
        int count = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            if (float.IsFinite(logits[id]))
            {
                keys[count++] = LogitOrder.Key(logits[id], id);
            }
        }

        Array.Resize(ref keys, count);
        Array.Sort(keys);
        return keys;
    }

    /// <summary>How many of the first tokens are kept whatever the errors are, and how many may be.</summary>
    private (int Certain, int Possible) Kept(double apart, double odds)
    {
        (int certain, int possible) = (_ids.Length, _ids.Length);
        if (_options.MinP > 0)
        {
            double least = _logits[0] + (_options.Temperature * Math.Log(_options.MinP));
            (certain, possible) = (CountFrom(least + apart), CountFrom(least - apart));
        }

        if (_options.TopK > 0 && _options.TopK < _ids.Length)
        {
            certain = Math.Min(certain, CountAbove(_logits[_options.TopK] + apart));
            possible = Math.Min(possible, CountFrom(_logits[_options.TopK - 1] - apart));
        }

        return _options.TopP < 1 ? KeptByShare(certain, possible, apart, odds) : (certain, Math.Max(1, possible));
    }

    private (int Certain, int Possible) KeptByShare(int certain, int possible, double apart, double odds)
    {
        int surely = 0;
        for (; surely < certain; surely++)
        {
            double before = _sums[Math.Min(CountFrom(_logits[surely] - apart), possible)] - _weights[surely];
            double after = Math.Max(_sums[certain] - before, _weights[surely]);
            if (before * odds / (after + (before * odds)) >= _options.TopP)
            {
                break;
            }
        }

        int perhaps = surely;
        for (; perhaps < possible; perhaps++)
        {
            double before = _sums[CountAbove(_logits[perhaps] + apart)];
            double after = _sums[possible] - before;
            if (before / (before + (after * odds)) >= _options.TopP)
            {
                break;
            }
        }

        return (surely, Math.Max(1, perhaps));
    }

    private bool Covers(int rank, int certain, int possible, double odds)
    {
        (double lowCertain, double highCertain) = Beside(rank, certain);
        (double lowPossible, double highPossible) = Beside(rank, possible);
        double own = _weights[rank];
        double begin = lowCertain / (lowCertain + ((own + highPossible) * odds));
        double end = (lowPossible + own) * odds / (((lowPossible + own) * odds) + highCertain);
        return _unit >= begin && _unit <= end; // 4
    }

    /// <summary>Weights of the tokens with lower and with higher ids among the first <paramref name="count"/>.</summary>
    private (double Low, double High) Beside(int rank, int count)
    {
        (double low, double high) = (0, 0);
        for (int i = 0; i < count; i++)
        {
            if (_ids[i] < _ids[rank])
            {
                low += _weights[i];
            }
            else if (i != rank)
            {
                high += _weights[i];
            }
        }

        return (low, high);
    }

    private int CountFrom(double logit) => Count(index => _logits[index] >= logit);

    private int CountAbove(double logit) => Count(index => _logits[index] > logit);

    /// <summary>How many tokens at the beginning of the order fulfil what the rest does not.</summary>
    private int Count(Predicate<int> holds)
    {
        (int low, int high) = (0, _ids.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = holds(middle) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
