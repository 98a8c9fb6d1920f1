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

    internal IReadOnlyList<ValidatorProcess> Validators { get; private set; } = [];

    internal ulong Height => _invariants.Height;

    public IReadOnlyList<Process> Build(SimulatedNetwork network)
    {
        _world = network.World;
        Validators = [.. profile.Strategies.Select((_, number) => new ValidatorProcess(_world, number, profile, cores, _invariants))];
        foreach (var validator in Validators)
        {
            validator.All = Validators;
        }

        return Validators;
    }

    public string Act(ulong id)
    {
        var length = Length(id);
        Work(hasWork: true);
        Later(length, () => Work(hasWork: false));
        return $"operations wait for validators for {length} ms";
    }

    /// <summary>The Byzantine ones do so all the time, in calm weather too; an honest one crashes.</summary>
    public string Misbehave(ulong id)
    {
        var (victim, length) = (Validators[(int)(Mix.Of(id, 2) % (ulong)Validators.Count)], Length(id));
        victim.Crash();
        Later(length, victim.Restart);
        return $"{victim.Name} crashes and is back {length} ms later";
    }

    public void BeCalm() => Work(hasWork: false);

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
        Must.Hold(!atLarge.Any(), ConsensusInvariants.EquivocationFound, () => $"nobody accuses {string.Join(", ", atLarge)}");
    }

    private void Work(bool hasWork)
    {
        foreach (var validator in Validators.Where(static validator => validator.IsUp))
        {
            validator.Work(hasWork);
        }
    }

    private static ulong Length(ulong id) => 200 + (Mix.Of(id, 3) % 5_000);

    private void Later(ulong milliseconds, Action action) => _world.Schedule(_world.Now + milliseconds, new WorldEvent(action));
}
