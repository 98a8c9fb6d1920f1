using System.CommandLine;
using Ncn.Chain.Registry;
using Ncn.Cli.Staking;

namespace Ncn.Cli.Node;

/// <summary><c>node</c>: what a node operator does by hand.</summary>
internal static class NodeCommand
{
    public static Command Create() => new("node", "Prepare what a compute node serves; look at its stake and rewards and take them out.")
    {
        ManifestCommand.Create(),
        RewardsCommand.Create(SubnetRole.Node),
        StakeWithdrawCommand.Create(SubnetRole.Node),
    };
}
