using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Verification;

/// <summary>Validators that check work: gateways commit to the receipts of each period, and what the ledger makes of it must be fair.</summary>
internal sealed class VerificationPart(ConsensusProfile profile, ConsensusCores consensus, VerificationCores cores) : ISimulated
{
    private const ulong CalmPeriods = 12;
    private const ulong AppealPeriods = 14;
    private readonly ConsensusPart _validators = new(profile, consensus);
    private WorkWorld _work = null!;
    private World _world = null!;
    private ulong? _goal;

    internal VerificationInvariants Invariants { get; private set; } = null!;

    public IReadOnlyList<Process> Build(World world, Cores all)
    {
        (_world, _work) = (world, new WorkWorld(world));
        Invariants = new VerificationInvariants(_work);
        var processes = _validators.Build(world, all);
        foreach (var validator in _validators.Network.All)
        {
            validator.Desk = new VerifierDesk(validator, _work, cores, Invariants);
        }

        return [.. processes, .. WorkWorld.AllGateways.Select((gateway, number) => new GatewaySource(world, number, gateway, _work, _validators.Network)), new PoolObserver(world, _work, _validators.Network.Registry)];
    }

    public string Act(ulong id) => _validators.Act(id);

    public string Misbehave(ulong id) => _validators.Misbehave(id);

    public void BeCalm()
    {
        _validators.BeCalm();
        _goal = (_world.Now / VerificationCores.Usual.PeriodMs) + CalmPeriods + (_work.Late.IsZero ? 0 : AppealPeriods);
    }

    /// <summary>Some periods have passed in calm weather at every honest validator, and whoever cheats gets no work any more.</summary>
    public bool IsQuiet => profile.MayStop || (_validators.IsQuiet && _validators.Network.Honest.All(validator => validator.Desk!.State.Period >= _goal
        && WorkWorld.AllNodes.All(node => !_work.IsCheating(node) || validator.Desk.State.NodeOf(node).Sentence is not null)));

    public void CheckQuiet() => _validators.CheckQuiet();

    public override string ToString() => $"{_validators}; {Invariants.Decided} checks decided; {Invariants.Happened}; "
        + string.Join(", ", _validators.Network.Honest.Take(2).SelectMany(validator => validator.Desk!.State.Nodes.Select(node => $"{_work.CheatsOf(node.Key)} %: {node.Value.Checked} checked, {node.Value.Failed} failed, {node.Value.Sentence}")));
}
