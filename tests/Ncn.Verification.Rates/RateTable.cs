using System.Globalization;
using System.Text;

namespace Ncn.Verification.Rates;

/// <summary>The figures of the README.</summary>
internal static class RateTable
{
    private const long Goal = 10_000;

    /// <summary>The chances of an honest answer to fail for which epochs are run, beside those that were measured.</summary>
    private static readonly double[] Chances = [1e-6, 1e-5, 4e-5, 1e-4];

    internal static string Markdown(long epochs, ulong seed, IReadOnlyList<MeasuredNoise> measured)
    {
        var (simulation, text) = (new EpochSimulation(seed), new StringBuilder());
        text.Append(CultureInfo.InvariantCulture, $"{epochs:N0} epochs of {EpochSimulation.Checks} checks each, seed {seed}; intervals of Clopper and Pearson at 95 %\n\n");
        text.Append("| honest nodes, by the chance that one answer fails | accused |\n|---|---|\n");
        foreach (var noise in measured)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {noise.Name}: {noise.Failed} of {noise.Answers:N0} answers failed; {noise.Chance:G2} from the measured tails | {simulation.Honest(epochs, noise.Chance).Per(Goal)} epochs |\n");
        }

        foreach (var chance in Chances)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {chance * 1e6:N0} in a million | {simulation.Honest(epochs, chance).Per(Goal)} epochs |\n");
        }

        text.Append("\n| nodes that cheat, from a long good record on | found, of the false answers that are checked | accused within 200 checks |\n|---|---|---|\n");
        foreach (var (cheating, found) in new[] { (0.05, 1.0), (0.05, 0.95), (0.05, 0.9), (0.10, 0.5), (0.20, 0.5), (1.0, 0.1) })
        {
            text.Append(CultureInfo.InvariantCulture, $"| {cheating:P0} of the answers | {found:P0} | {simulation.Cheating(epochs, cheating, found)} |\n");
        }

        text.Append("\n| nodes that cheat, checked at the floor of 1 % until the first failed check | false answers before it is accused: mean | 99 of 100 nodes |\n|---|---|---|\n");
        foreach (var cheating in new[] { 0.05, 0.2, 1.0 })
        {
            var (mean, most) = simulation.FalseReceipts((int)Math.Min(20_000, Math.Max(100, epochs / 50)), cheating, 1);
            text.Append(CultureInfo.InvariantCulture, $"| {cheating:P0} of the answers | {mean:N0} | {most:N0} |\n");
        }

        return text.ToString();
    }
}
