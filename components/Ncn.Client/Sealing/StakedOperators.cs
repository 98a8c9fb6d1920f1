using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Protocol;

namespace Ncn.Client.Sealing;

/// <summary>Trusts operators who have at least the subnet's stake for nodes bonded on the chain, in one of the subnets that the record names.</summary>
/// <remarks>A stake does not make an operator honest about what it reads; it makes up nodes dear, and names who answers for them.</remarks>
public sealed class StakedOperators(ChainConnection chain)
{
    private readonly ValidatorRegistryContract registry = new(chain);

    public async ValueTask<bool> TrustsAsync(NodeRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var count = await registry.ReadSubnetCountAsync();
        foreach (var subnet in record.Subnets.Where(subnet => subnet > 0 && subnet <= count).Select(static subnet => new SubnetId(subnet)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var least = (await registry.ReadSubnetAsync(subnet)).Parameters.MinNodeStake;
            if ((await registry.ReadStakeAsync(subnet, SubnetRole.Node, record.Operator)).Bonded is var bonded && bonded >= least && !bonded.IsZero)
            {
                return true;
            }
        }

        return false;
    }
}
