using System.Globalization;

namespace Ncn.Simulation.Consensus;

/// <summary>Campaigns that have a command of their own: schedules of twins, networks that fork, and networks that exchange bytes.</summary>
internal static class ValidatorCampaigns
{
    private const int MostDigits = 5;
    private const ulong MostForks = 100_000;
    private const long BytesSteps = 5_000;

    /// <summary>0 when all held, 1 when one broke.</summary>
    /// <exception cref="FormatException">The number is none, or too high.</exception>
    internal static int Run(string option, string number, TextWriter output) =>
        !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var many) || many == 0 || (option == "--twins" ? many > MostDigits : many > MostForks)
            ? throw new FormatException($"{option} takes a whole number from 1 to {(option == "--twins" ? MostDigits : MostForks)}, not '{number}'.")
            : option switch { "--twins" => Twins((int)many, output), "--forks" => Forks(many, output), _ => Bytes(many, output) };

    private static int Bytes(ulong seeds, TextWriter output)
    {
        var outcomes = new BytesOutcome[seeds];
        Parallel.For(0L, (long)seeds, seed => outcomes[seed] = BytesCampaign.Run((ulong)seed + 1, BytesSteps));
        foreach (var (outcome, seed) in outcomes.Select(static (outcome, at) => (outcome, at + 1)).Where(static entry => entry.outcome.Violation is not null))
        {
            output.WriteLine($"seed {seed}: {outcome.Violation!.Message}");
        }

        var broken = outcomes.Count(static outcome => outcome.Violation is not null);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{seeds} networks that exchange bytes, {outcomes.Sum(static outcome => outcome.Steps):N0} steps: {outcomes.Sum(static outcome => (long)outcome.Taken):N0} frames taken, {outcomes.Sum(static outcome => (long)outcome.Refused):N0} refused, {broken} broke an invariant"));
        return broken == 0 ? 0 : 1;
    }

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
