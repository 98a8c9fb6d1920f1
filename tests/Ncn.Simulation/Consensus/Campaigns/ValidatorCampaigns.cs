using System.Globalization;

namespace Ncn.Simulation.Consensus;

/// <summary>Campaigns that have a command of their own: schedules of twins, and networks that fork.</summary>
internal static class ValidatorCampaigns
{
    private const int MostDigits = 5;
    private const ulong MostForks = 100_000;

    /// <summary>0 when all held, 1 when one broke.</summary>
    /// <exception cref="FormatException">The number is none, or too high.</exception>
    internal static int Run(string option, string number, TextWriter output) =>
        !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var many) || many == 0 || (option == "--twins" ? many > MostDigits : many > MostForks)
            ? throw new FormatException($"{option} takes a whole number from 1 to {(option == "--twins" ? MostDigits : MostForks)}, not '{number}'.")
            : option == "--twins" ? Twins((int)many, output) : Forks(many, output);

    private static int Twins(int digits, TextWriter output)
    {
        var (schedules, broken) = (1UL << (4 * digits), 0);
        Parallel.For(0L, (long)schedules, schedule =>
        {
            if (TwinsCampaign.Run((ulong)schedule, digits) is { } violation)
            {
                Interlocked.Increment(ref broken);
                lock (output)
                {
                    output.WriteLine($"schedule {schedule}: {violation.Message}");
                }
            }
        });
        output.WriteLine($"{schedules} schedules of twins, {broken} broke an invariant");
        return broken == 0 ? 0 : 1;
    }

    private static int Forks(ulong seeds, TextWriter output)
    {
        var outcomes = new ForkOutcome[seeds];
        Parallel.For(0L, (long)seeds, seed => outcomes[seed] = ForkCampaign.Run((ulong)seed + 1));
        var forked = outcomes.Where(static outcome => outcome.HasForked).ToArray();
        var wrong = outcomes.Count(static outcome => !outcome.IsFair) + forked.Count(static outcome => 3 * outcome.Blamed < outcome.Total);
        output.WriteLine($"{seeds} networks of which more than a third is Byzantine: {forked.Length} forked, {wrong} without evidence against a third of the stake and nobody honest");
        return wrong == 0 ? 0 : 1;
    }
}
