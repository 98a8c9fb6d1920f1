using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Consensus;

/// <summary>Validators beside the rest of a world: 4 to 31 of them, Byzantine ones with just under a third of the stake.</summary>
internal sealed class ConsensusPart(ConsensusProfile profile, ConsensusCores cores) : ISimulated
{
    private const ulong CalmBlocks = 4;
    private const ulong TimeToAccuse = 5_000;
    private readonly ConsensusInvariants _invariants = new(profile.Epoch);
    private World _world = null!;
    private ulong? _goal;
    private ulong _index;

    internal IReadOnlyList<ValidatorProcess> Validators { get; private set; } = [];

    internal ulong Height => _invariants.Height;

    public void Build(SimulatedNetwork network)
    {
        _world = network.World;
        Validators = [.. profile.Strategies.Select((_, number) => new ValidatorProcess(_world, number, profile, cores, _invariants))];
        foreach (var validator in Validators)
        {
            validator.All = Validators;
            validator.Disk.Slowness = network.Registry.Disk.Slowness;
        }

        Next();
    }

    /// <summary>Everybody honest has delivered some blocks more than there were when the weather cleared, and knows a checkpoint of these.</summary>
    public bool IsQuiet
    {
        get
        {
            _goal ??= _invariants.Height + CalmBlocks;
            return Validators.All(validator => !validator.IsHonest || validator.State.Delivered.Height >= _goal);
        }
    }

    public void CheckQuiet()
    {
        var atLarge = _invariants.Equivocators.Where(equivocator => equivocator.Value + TimeToAccuse < _world.Now && !_invariants.Accused.Contains(equivocator.Key)).Select(static equivocator => equivocator.Key);
        Must.Hold(!atLarge.Any(), "every equivocation is evidence", () => $"nobody accuses {string.Join(", ", atLarge)}");
    }

    // What happens to validators: operations, crashes, and cuts between some of them and the others.
    private void Next()
    {
        var id = Mix.Of(Mix.Of(_world.Seed, 78), ++_index);
        _world.ScheduleAs(id, _world.Now + 1 + (Mix.Of(id, 1) % (2 * profile.Pause)), new WorldEvent(() =>
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
        var victim = Validators[(int)(Mix.Of(id, 2) % (ulong)Validators.Count)];
        var length = 200 + (Mix.Of(id, 3) % 5_000);
        switch (Mix.Of(id, 4) % 10)
        {
            case < 5:
                Work(hasWork: true);
                Later(length, () => Work(hasWork: false));
                return $"operations wait for validators for {length} ms";
            case < 8:
                victim.Crash();
                Later(length, victim.Restart);
                return $"{victim.Name} crashes and is back {length} ms later";
            default:
                var others = Validators.Where((_, index) => (Mix.Of(id, 5) >> (index % 60) & 1) == 1).Where(other => other != victim).ToArray();
                Array.ForEach(others, other => Cut(victim, other, length));
                return $"{victim.Name} is cut off from {string.Join(", ", others.Select(static other => other.Name))} for {length} ms";
        }
    }

    private void Work(bool hasWork)
    {
        foreach (var validator in Validators.Where(static validator => validator.IsUp))
        {
            validator.Work(hasWork);
        }
    }

    private void Cut(ValidatorProcess one, ValidatorProcess other, ulong length)
    {
        _world.Network.Cut(one, other);
        _world.Network.Cut(other, one);
        Later(length, () =>
        {
            _world.Network.Mend(one, other);
            _world.Network.Mend(other, one);
        });
    }

    private void Later(ulong milliseconds, Action action) => _world.Schedule(_world.Now + milliseconds, new WorldEvent(action));
}
