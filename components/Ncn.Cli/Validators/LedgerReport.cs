using System.Collections.Immutable;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Protocol;

namespace Ncn.Cli.Validators;

/// <summary>What the validators of a local network agree on, and what of it is on the chain.</summary>
/// <param name="Epoch">Open on the chain; 0 before the first.</param>
/// <param name="Checkpoint">The newest on the chain; null before the first.</param>
/// <param name="Nodes">As validators with more than two thirds of the stake say.</param>
internal sealed record LedgerReport(
    uint Subnet, ulong Epoch, CheckpointEntry? Checkpoint, TokenAmount RewardPool, IReadOnlyList<LedgerValidator> Validators, IReadOnlyList<LedgerNode> Nodes)
{
    /// <summary>Null in a network without validators.</summary>
    public static async Task<LedgerReport?> ReadAsync(StateFolder state, NetworkDescription network, CancellationToken cancellation)
    {
        if (network.Validators.Count == 0)
        {
            return null;
        }

        var settings = NetworkSettings.Read(state);
        using var chain = new ChainConnection(settings.ToChain());
        var (consensus, subnet) = (new ConsensusContract(chain), LocalValidators.Subnet);
        var epoch = await consensus.ReadCurrentEpochAsync(subnet);
        var voters = epoch == 0 || await consensus.ReadEpochAsync(subnet, epoch) is not { } open ? [] : (await consensus.ReadSnapshotAsync(subnet, open.Snapshot)).Voters;
        var quorum = new StandingQuorum(voters.ToImmutableSortedDictionary(static voter => voter.Key, static voter => voter.Weight.Units), chain.Settings.NetworkDomain);
        var answers = await StandingReader.ReadAsync(network.Validators, settings.OperatorToken, cancellation);
        var checkpoint = await consensus.ReadLatestCheckpointAsync(subnet);
        return new LedgerReport(
            subnet.Value, epoch, checkpoint is null ? null : new CheckpointEntry(checkpoint.Epoch, checkpoint.Height, checkpoint.AcceptedAt, checkpoint.StateRoot, checkpoint.RewardsRoot),
            await new ValidatorRegistryContract(chain).ReadRewardPoolAsync(subnet, chain.Settings.Token),
            Compare(network.Validators, answers),
            await NodesAsync(chain, network, quorum.Nodes(answers.Values.Select(static answer => answer.Standing).OfType<LedgerStanding>())));
    }

    // Its own word is enough to say where it stands: nobody decides anything by it.
    private static IReadOnlyList<LedgerValidator> Compare(IReadOnlyList<ValidatorEntry> validators, IReadOnlyDictionary<string, ValidatorAnswer> answers)
    {
        var newest = answers.Values.Select(static answer => answer.Status?.Height ?? 0).DefaultIfEmpty().Max();
        return [.. validators.Select(validator => answers.GetValueOrDefault(validator.AppId) is { Status: { } said } answer
            ? new LedgerValidator(validator.AppId, validator.Operator, said.Validator, said.State, said.Epoch, said.Height, newest - said.Height, said.Problem, answer.Probes)
            : new LedgerValidator(validator.AppId, validator.Operator, null, "silent", null, null, null, "It does not answer.", null))];
    }

    private static async Task<IReadOnlyList<LedgerNode>> NodesAsync(ChainConnection chain, NetworkDescription network, IReadOnlyList<NodeStanding> standings)
    {
        var (registry, nodes) = (new ValidatorRegistryContract(chain), new List<LedgerNode>());
        foreach (var standing in standings)
        {
            var stake = await registry.ReadStakeAsync(LocalValidators.Subnet, SubnetRole.Node, standing.Node);
            var worker = network.Workers.FirstOrDefault(worker => worker.Operator == standing.Node)?.AppId;
            nodes.Add(new LedgerNode(worker, standing, stake.Bonded, stake.Frozen));
        }

        return nodes;
    }
}

/// <param name="AcceptedAt">Unix seconds.</param>
internal sealed record CheckpointEntry(ulong Epoch, ulong Height, ulong AcceptedAt, Hash32 StateRoot, Hash32 RewardsRoot);

/// <param name="Key">It votes with; null while that is not known.</param>
/// <param name="State">silent, starting, following, voting, halted or failed.</param>
/// <param name="Behind">Heights behind the newest.</param>
/// <param name="Problem">Why it does not vote; null while it does, and while it only follows.</param>
/// <param name="Probes">Its own requests; null when it sends none.</param>
internal sealed record LedgerValidator(string AppId, Address Operator, Address? Key, string State, ulong? Epoch, ulong? Height, ulong? Behind, string? Problem, ProbeFigures? Probes);

/// <param name="AppId">The local worker; null for another operator's.</param>
/// <param name="Bonded">Its stake that counts.</param>
/// <param name="Frozen">Its stake that waits for the end of a penalty.</param>
internal sealed record LedgerNode(string? AppId, NodeStanding Standing, TokenAmount Bonded, TokenAmount Frozen);
