using System.CommandLine;
using Ncn.Cli.Demo;
using Ncn.Cli.Deploying;
using Ncn.Cli.Keys;
using Ncn.Cli.Network;
using Ncn.Cli.Node;
using Ncn.Cli.Provisioning;
using Ncn.Cli.Proxy;
using Ncn.Cli.Staking;
using Ncn.Cli.Subnets;
using Ncn.Cli.Using;
using Ncn.Cli.Using.Audits;
using Ncn.Cli.Using.Wallet;
using Ncn.Cli.Validators;

namespace Ncn.Cli;

/// <summary>All commands.</summary>
internal static class NcnCommand
{
    public static RootCommand Create() => new("NCN Network: model inference sold by the call.")
    {
        UpCommand.Create(),
        DownCommand.Create(),
        StatusCommand.Create(),
        DemoCommand.Create(),
        DeployCommand.Create(),
        ChatCommand.Create(),
        ClassifyCommand.Create(),
        WalletCommand.Create(),
        AuditCommand.Create(),
        NodeCommand.Create(),
        ValidatorCommand.Create(),
        SubnetCommand.Create(),
        StakeCommand.Create(),
        KeyCommand.Create(),
        ProxyCommand.Create(),
        ProvisionCommand.Create(),
    };
}
