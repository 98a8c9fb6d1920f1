using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Running;

/// <summary>A world of one part alone, under the same network, clocks, disks and faults: more of it happens in as many steps.</summary>
internal sealed class PartRun
{
    private const ulong CalmTime = 12 * 60 * 1000;
    private readonly World _world;
    private readonly ISimulated _part;
    private readonly SimulationOptions _options;
    private readonly Profile _profile;
    private readonly Storm _storm;
    private ulong _index;

    private PartRun(World world, ISimulated part, SimulationOptions options)
    {
        (_world, _part, _options, _profile) = (world, part, options, Profile.Of(options.Seed));
        var processes = part.Build(world, options.Cores);
        foreach (var process in processes)
        {
            process.Disk.Slowness = _profile.DiskSlowness;
        }

        world.Network.Weather = _profile.Weather;
        _storm = new Storm(world.Network, world, processes, processes);
    }

    internal static SimulationResult Run(SimulationOptions options, ISimulated part)
    {
        var world = new World(new WorldOptions(options.Seed, options.Kept, options.IsRecording));
        var run = new PartRun(world, part, options);
        var violation = SeedRun.Watched(run.Run);
        return new SimulationResult(options.Seed, world.Steps, world.Trace.Hash, violation, world.Decisions, world.Trace.Lines, 0, 0);
    }

    private void Run()
    {
        _world.Start();
        Next();
        while (_world.Steps < _options.Steps * SeedRun.StormPercent / 100 && _world.Step())
        {
        }

        _world.BeCalm();
        _part.BeCalm();
        for (var until = _world.Now + CalmTime; !_part.IsQuiet;)
        {
            for (var second = _world.Now + 1_000; _world.Now < second && _world.Step();)
            {
            }

            if (_world.Now > until)
            {
                throw new ViolationException(Invariant.BegunEnds, $"{_part} is not quiet");
            }
        }

        _part.CheckQuiet();
        while (_world.Steps < _options.Steps && _world.Step())
        {
        }
    }

    private void Next()
    {
        var id = Mix.Of(Mix.Of(_world.Seed, 7), ++_index);
        _world.ScheduleAs(id, _world.Now + 1 + (Mix.Of(id, 1) % (10 * _profile.Pause)), new WorldEvent(() =>
        {
            if (_world.IsCalm)
            {
                return;
            }

            if (_world.IsKept(id))
            {
                var words = Act(id);
                if (_world.IsRecording)
                {
                    _world.Record(id, words);
                }
            }

            Next();
        }));
    }

    private string Act(ulong id)
    {
        if (Mix.Of(id, 2) % 1000 >= 2 * _profile.FaultShare)
        {
            return _part.Act(Mix.Of(id, 25));
        }

        return Mix.Of(id, 3) % 3 == 0 ? _part.Misbehave(Mix.Of(id, 25)) : _storm.Act(id, Mix.Of(id, 4));
    }
}
