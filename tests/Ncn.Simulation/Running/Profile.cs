using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Running;

/// <summary>What kind of world a seed makes: some are calm and busy, some are stormy, so that every mix of faults comes up.</summary>
internal sealed record Profile
{
    internal int Clients { get; private init; }

    internal int Gateways { get; private init; }

    internal int Nodes { get; private init; }

    /// <summary>Of the discovery network.</summary>
    internal int Peers { get; private init; }

    internal Weather Weather { get; private init; } = Weather.Fine;

    /// <summary>In a million commits.</summary>
    internal uint StoreFaults { get; private init; }

    /// <summary>Milliseconds that the slowest write takes until it is durable.</summary>
    internal ulong DiskSlowness { get; private init; }

    /// <summary>Milliseconds between two stimuli, in the mean.</summary>
    internal ulong Pause { get; private init; }

    /// <summary>Stimuli that are faults, in a thousand; the others are requests.</summary>
    internal ulong FaultShare { get; private init; }

    internal static Profile Of(ulong seed)
    {
        ulong Draw(ulong what, ulong bound) => Mix.Of(Mix.Of(seed, 42), what) % bound;
        uint Rate(ulong what, params uint[] rates) => rates[Draw(what, (ulong)rates.Length)];
        return new Profile
        {
            Clients = 3 + (int)Draw(1, 4),
            Gateways = 1 + (int)Draw(2, 2),
            Nodes = 2 + (int)Draw(3, 3),
            Peers = 3 + (int)Draw(11, 8),
            Weather = new Weather(Rate(4, 0, 1_000, 10_000, 50_000), Rate(5, 0, 2_000, 20_000), Rate(6, 0, 5_000, 50_000)),
            StoreFaults = Rate(7, 0, 1_000, 10_000),
            DiskSlowness = Rate(10, 4, 4, 30, 250),
            Pause = Rate(8, 60, 150, 300),
            FaultShare = Rate(9, 0, 30, 80, 150),
        };
    }
}
