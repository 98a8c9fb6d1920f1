using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Running;

/// <summary>What goes wrong with processes and between them, whatever they are for: crashes, cuts, clocks.</summary>
internal sealed class Storm(Network network, World world, IReadOnlyList<Process> mortals, IReadOnlyList<Process> everybody)
{
    /// <summary>How long it lasts, milliseconds.</summary>
    internal static ulong Length(ulong id) => 200 + (Mix.Of(id, 13) % 6_000);

    /// <summary>One of six kinds.</summary>
    internal string Act(ulong id, ulong kind)
    {
        var length = Length(id);
        var victim = mortals[(int)(Mix.Of(id, 14) % (ulong)mortals.Count)];
        switch (kind % 6)
        {
            case 0 or 1 or 2:
                victim.Crash();
                Later(length, victim.Restart);
                return $"{victim.Name} crashes and is back {length} ms later";
            case 3:
                return CutBetween(id, length, isOneWay: false);
            case 4:
                return CutBetween(id, length, isOneWay: true);
            default:
                var (drift, leap) = ((long)(Mix.Of(id, 16) % 2_000) - 1_000, (long)(Mix.Of(id, 17) % 4_000) - 2_000);
                victim.Clock.Drift(drift, leap);
                return $"the clock of {victim.Name} leaps {leap} ms and runs {drift} ppm too fast";
        }
    }

    private string CutBetween(ulong id, ulong length, bool isOneWay)
    {
        var first = everybody[(int)(Mix.Of(id, 21) % (ulong)everybody.Count)];
        var others = everybody.Where((_, index) => (Mix.Of(id, 22) >> (index % 60) & 1) == 1).Where(other => other != first).ToArray();
        foreach (var other in others)
        {
            network.Cut(first, other);
            if (!isOneWay)
            {
                network.Cut(other, first);
            }
        }

        Later(length, () => Array.ForEach(others, other =>
        {
            network.Mend(first, other);
            if (!isOneWay)
            {
                network.Mend(other, first);
            }
        }));
        var names = string.Join(", ", others.Select(static other => other.Name));
        return isOneWay ? $"nothing from {first.Name} reaches {names} for {length} ms" : $"{first.Name} is cut off from {names} for {length} ms";
    }

    private void Later(ulong milliseconds, Action action) => world.Schedule(world.Now + milliseconds, new WorldEvent(action));
}
