namespace Ncn.Verification.Rates;

/// <summary>Epochs of checks through the real sequential test.</summary>
internal sealed class EpochSimulation(ulong seed)
{
    /// <summary>Checks of a node in an epoch.</summary>
    internal const int Checks = 200;

    private static readonly SequentialRules Rules = SequentialRules.Standard;
    private ulong _state = seed;

    /// <summary>Honest nodes: epochs in which one was accused. Evidence goes on into the next epoch; who is accused starts anew.</summary>
    /// <param name="failing">The chance that an honest answer is decided to be false.</param>
    internal Interval Honest(long epochs, double failing)
    {
        var (test, accused) = (default(SequentialTest), 0L);
        var passes = Gap(failing);
        for (long epoch = 0; epoch < epochs; epoch++)
        {
            var (isAccused, left) = (false, (long)Checks);
            while (passes < left)
            {
                left -= passes + 1;
                test = After(test, passes).After(false, Rules);
                isAccused |= test.Accuses(Rules);
                passes = Gap(failing);
            }

            (test, passes) = (isAccused ? default : After(test, left), passes - left);
            accused += isAccused ? 1 : 0;
        }

        return new Interval(accused, epochs);
    }

    /// <summary>Nodes with a long good record that begin to cheat: epochs in which they are accused within <see cref="Checks"/> checks.</summary>
    /// <param name="cheating">Share of false answers.</param>
    /// <param name="found">The chance that a check finds a false one.</param>
    internal Interval Cheating(long epochs, double cheating, double found)
    {
        var caught = 0L;
        for (long epoch = 0; epoch < epochs; epoch++)
        {
            var (test, left) = (default(SequentialTest), (long)Checks);
            for (var passes = Gap(cheating * found); passes < left && !test.Accuses(Rules); passes = Gap(cheating * found))
            {
                left -= passes + 1;
                test = After(test, passes).After(false, Rules);
            }

            caught += test.Accuses(Rules) ? 1 : 0;
        }

        return new Interval(caught, epochs);
    }

    /// <summary>Receipts that a node with a long good record, checked at the floor, can make false before it is accused: the mean, and 99 in 100.</summary>
    internal (double Mean, long Percentile99) FalseReceipts(int nodes, double cheating, double found)
    {
        var rules = new VerificationRules();
        var all = new List<long>();
        for (var node = 0; node < nodes; node++)
        {
            var (test, passes, made) = (default(SequentialTest), 100_000UL, 0L);
            while (!test.Accuses(Rules))
            {
                var isFalse = Next() < cheating;
                made += isFalse ? 1 : 0;
                if (Next() * VerificationRules.One < SamplingRate.Of(passes, rules))
                {
                    var hasPassed = !isFalse || Next() >= found;
                    (test, passes) = (test.After(hasPassed, Rules), hasPassed ? passes + 1 : 0);
                }
            }

            all.Add(made);
        }

        all.Sort();
        return (all.Average(), all[(int)(0.99 * all.Count)]);
    }

    // Passed checks before the next failed one.
    private long Gap(double failing) => failing <= 0 ? long.MaxValue / 4 : (long)Math.Min(long.MaxValue / 4, Math.Floor(Math.Log(1 - Next()) / Math.Log(1 - failing)));

    private static SequentialTest After(SequentialTest test, long passes) => new(Math.Max(0, test.Evidence - Math.Min(test.Evidence, Math.Min(passes, 1_000_000) * Rules.Pass)));

    // SplitMix64 (Steele, Lea and Flood, 2014), as a number from 0 to below 1.
    private double Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }
}
