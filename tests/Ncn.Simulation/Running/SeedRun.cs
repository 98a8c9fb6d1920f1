using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles.Peers;
using Ncn.Simulation.Verification;

namespace Ncn.Simulation.Running;

/// <summary>What is simulated.</summary>
/// <param name="Steps">The world goes on for so many at least, the last part of them in calm weather.</param>
/// <param name="Kept">The decisions that may happen; null for all.</param>
/// <param name="IsRecording">Whether decisions and words are kept.</param>
public sealed record SimulationOptions(ulong Seed, long Steps, Cores Cores, IReadOnlySet<ulong>? Kept = null, bool IsRecording = false)
{
    /// <summary>Lives in the world beside all that always does; null for nothing.</summary>
    internal Func<ISimulated>? Part { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Hash">One number for all that happened: equal for equal runs.</param>
/// <param name="Violation">Null when every invariant held.</param>
public sealed record SimulationResult(
    ulong Seed, long Steps, ulong Hash, ViolationException? Violation, IReadOnlyList<Decision> Decisions, IReadOnlyList<string> Lines, int Requests, int Answers);

/// <summary>Runs one seed.</summary>
public static class SeedRun
{
    /// <summary>Until then, virtual milliseconds after the weather has cleared, all that was begun must have ended.</summary>
    private const ulong CalmTime = 8 * 60 * 1000;

    private const ulong AuditInterval = 20_000;
    internal const int StormPercent = 80;

    public static SimulationResult Run(SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Cores.Consensus is { IsAlone: true } alone)
        {
            return PartRun.Run(options, Validators(ConsensusProfile.Of(options.Seed, isAlone: true, alone.Share, alone.Strategy, Most(options.Cores)), alone, options.Cores.Verification));
        }

        var world = new World(new WorldOptions(options.Seed, options.Kept, options.IsRecording));
        var profile = Profile.Of(options.Seed);
        var network = new SimulatedNetwork(world, options.Cores, profile);
        network.Add(new SimulatedDiscovery(profile.Peers));
        if (options.Cores.Consensus is { } consensus)
        {
            network.Add(Validators(ConsensusProfile.Of(options.Seed, most: Most(options.Cores)), consensus, options.Cores.Verification));
        }

        if (options.Part is { } part)
        {
            network.Add(part());
        }

        var violation = Watched(() => Run(world, network, options));
        return new SimulationResult(
            options.Seed, world.Steps, world.Trace.Hash, violation, world.Decisions, world.Trace.Lines,
            network.Invariants.Money.Accounts.Count, network.Invariants.Money.Answers);
    }

    // Every verdict goes to everybody: with few validators more of it happens in as many steps.
    private static int Most(Cores cores) => cores.Verification is null ? 100 : 7;

    // Who verifies takes every block in: a snapshot of the ledger alone has no verification in it.
    internal static ISimulated Validators(ConsensusProfile profile, ConsensusCores consensus, VerificationCores? verification) => verification is null
        ? new ConsensusPart(profile, consensus)
        : new VerificationPart(profile with { Bounds = ConsensusProfile.Limits with { MaxCatchUp = 100_000 } }, consensus, verification);

    /// <summary>What was violated; null for nothing.</summary>
    internal static ViolationException? Watched(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (ViolationException violation)
        {
            return violation;
        }
        catch (Exception thrown) when (thrown is InvalidOperationException or ArgumentException or OverflowException or KeyNotFoundException or NullReferenceException or DivideByZeroException or InvalidCastException or IndexOutOfRangeException)
        {
            return new ViolationException(Invariant.NothingThrows, $"{thrown.GetType().Name}: {thrown.Message} {thrown.StackTrace?.Split('\n').FirstOrDefault()?.Trim()}");
        }
    }

    private static void Run(World world, SimulatedNetwork network, SimulationOptions options)
    {
        world.Start();
        new Director(world.Network, network, Profile.Of(options.Seed)).Start();
        while (world.Steps < options.Steps * StormPercent / 100 && world.Step())
        {
        }

        network.BeCalm();
        Settle(world, network);
        network.CheckQuiet();
        while (world.Steps < options.Steps && world.Step())
        {
        }
    }

    private static void Settle(World world, SimulatedNetwork network)
    {
        var until = world.Now + CalmTime;
        for (var audit = world.Now; world.Now < until; audit += AuditInterval)
        {
            network.Audit();
            while (world.Now < audit + AuditInterval && world.Step())
            {
            }

            if (network.IsQuiet)
            {
                return;
            }
        }

        throw new ViolationException(Invariant.BegunEnds, network.Unrest());
    }
}
