using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Consensus;

/// <summary>Validators beside the rest of a world, or alone in one.</summary>
internal sealed class ConsensusPart(ConsensusProfile profile, ConsensusCores cores) : ISimulated
{
    private const ulong CalmBlocks = 6;
    private const ulong TimeToAccuse = 5_000;
    private World _world = null!;
    private (ulong Height, ulong Accepted)? _goal;

    internal ValidatorNetwork Network { get; private set; } = null!;

    public IReadOnlyList<Process> Build(World world, Cores all)
    {
        _world = world;
        Network = new ValidatorNetwork(world, profile, cores);
        return Network.All;
    }

    public string Act(ulong id)
    {
        if (profile.EpochLength > 0 && Mix.Of(id, 4) % 4 == 0)
        {
            Network.Registry.Add(Network.NewSet(id), _world.Now);
            return $"the chain has another set of {Network.Registry.Snapshots[^1].Set.Members.Length} validators";
        }

        var length = Length(id);
        Work(hasWork: true);
        Later(length, () => Work(hasWork: false));
        return $"operations wait for validators for {length} ms";
    }

    /// <summary>The Byzantine ones do so all the time, in calm weather too; an honest one crashes, or loses its disk.</summary>
    public string Misbehave(ulong id)
    {
        var (victim, length) = (Network.All[(int)(Mix.Of(id, 2) % (ulong)Network.All.Count)], Length(id));
        var isLoss = victim.IsHonest && Mix.Of(id, 5) % 2 == 0;
        if (isLoss && profile.Loss == Loss.Certificates)
        {
            victim.LoseCertificates();
            return $"{victim.Name} loses its certificates";
        }

        if (isLoss && profile.Loss == Loss.Disks && Network.CanLose(victim))
        {
            victim.LoseDisk();
            return $"{victim.Name} loses its disk and takes a new key";
        }

        victim.Crash();
        Later(length, victim.Restart);
        return $"{victim.Name} crashes and is back {length} ms later";
    }

    public void BeCalm()
    {
        Work(hasWork: false);
        _goal = (Network.Invariants.Height + CalmBlocks, Network.Registry.Height);
    }

    /// <summary>Everybody honest has delivered some blocks more than there were when the weather cleared, and the chain has accepted a checkpoint more.</summary>
    public bool IsQuiet => profile.MayStop
        || (_goal is { } goal && Network.Registry.Height > goal.Accepted && Network.Honest.All(validator => validator.State.Delivered.Height >= goal.Height));

    public void CheckQuiet()
    {
        var invariants = Network.Invariants;
        var atLarge = invariants.Equivocators
            .Where(found => found.Value + TimeToAccuse < _world.Now && !invariants.Accused.Contains(found.Key)).Select(static found => found.Key);
        Must.Hold(profile.MayStop || !atLarge.Any(), ConsensusInvariants.EquivocationFound, () => $"nobody accuses {string.Join(", ", atLarge)}");
    }

    public override string ToString() => $"height {Network.Invariants.Height} since {_goal?.Height - CalmBlocks}, the chain at {Network.Registry.Height} of epoch {Network.Registry.Epoch}: "
        + string.Join(", ", Network.All.Select(static validator => $"{validator.Name} ({validator.Strategy}) {validator.State.Epoch.Number}/{validator.State.View}/{validator.State.Delivered.Height}"));

    private void Work(bool hasWork)
    {
        foreach (var validator in Network.All.Where(static validator => validator.IsUp))
        {
            validator.Work(hasWork);
        }
    }

    private static ulong Length(ulong id) => 200 + (Mix.Of(id, 3) % 5_000);

    private void Later(ulong milliseconds, Action action) => _world.Schedule(_world.Now + milliseconds, new WorldEvent(action));
}
