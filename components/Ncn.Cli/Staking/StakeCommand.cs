using System.CommandLine;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Cli.Network;
using Ncn.Cli.Subnets;
using Ncn.Cli.Using;
using Ncn.Protocol;

namespace Ncn.Cli.Staking;

/// <summary><c>stake gateway|node|validator</c>: becomes one of a subnet, or puts more behind it. Stake comes out again by <c>withdraw</c>.</summary>
internal static class StakeCommand
{
    public static Command Create()
    {
        var role = new Argument<string>("role") { Description = "gateway, node or validator." };
        role.AcceptOnlyFromAmong("gateway", "node", "validator");
        var subnet = new Option<uint>("--subnet") { Description = "The subnet's number. Default: 1.", DefaultValueFactory = _ => 1 };
        var dollars = new Option<string?>("--dollars") { Description = "How much. Default: what is missing of the least that the role needs." };
        var target = new SubnetTarget(parsed => RoleOf(parsed.GetValue(role)!) switch { SubnetRole.Node => KeyFiles.Node(1), SubnetRole.Validator => KeyFiles.Validator(1), _ => KeyFiles.Gateway });
        var command = new Command("stake", "Put stake behind a role in a subnet. On a public chain nothing is sent without --broadcast.") { role, subnet, dollars };
        target.AddTo(command, sends: true);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = await target.OpenAsync(parsed, sends: true);
            await StakeAsync(session, await session.ReadAsync(parsed.GetValue(subnet)), RoleOf(parsed.GetValue(role)!), parsed.GetValue(dollars), cancellation);
            return 0;
        });
        return command;
    }

    private static async Task StakeAsync(SubnetSession session, SubnetView subnet, SubnetRole role, string? dollars, CancellationToken cancellation)
    {
        var (least, bonded) = (LeastOf(role, subnet.Parameters), session.Chain.Sender is { } who ? (await session.Registry.ReadStakeAsync(subnet.Id, role, who)).Bonded : TokenAmount.Zero);
        var amount = dollars is not null ? Dollars.Require(dollars) : least > bonded ? least - bonded : TokenAmount.Zero;
        if (amount.IsZero)
        {
            throw new CliException($"{session.Chain.Sender} has {Dollars.Of(bonded)} as {role} in subnet {subnet.Id}, which is enough; more is given with --dollars. Nothing was sent.");
        }

        if (!session.Broadcast)
        {
            Console.WriteLine($"Would let {session.Chain.Settings.ValidatorRegistry} take {Dollars.Of(amount)} of {subnet.StakeToken}, and stake them as {role} in subnet {subnet.Id}, which needs at least {Dollars.Of(least)}.");
            Console.WriteLine("Nothing was sent. --broadcast with --key-file sends it.");
            return;
        }

        await SendAsync(session, subnet, role, amount, cancellation);
        Console.WriteLine($"{session.Chain.Sender} has {Dollars.Of(bonded + amount)} as {role} in subnet {subnet.Id}; it needs {Dollars.Of(least)}");
    }

    private static async Task SendAsync(SubnetSession session, SubnetView subnet, SubnetRole role, TokenAmount amount, CancellationToken cancellation)
    {
        var (token, staker) = (new TokenContract(session.Chain, subnet.StakeToken), session.RequireSender());
        if (await token.ReadBalanceAsync(staker) is var owned && owned < amount)
        {
            throw new CliException($"{staker} has {Dollars.Of(owned)} of {subnet.StakeToken}, and {Dollars.Of(amount)} are to be staked. Nothing was sent.");
        }

        await token.EnsureAllowanceAsync(session.Chain.Settings.ValidatorRegistry, amount, cancellation);
        await session.Registry.StakeAsync(subnet.Id, role, amount, cancellation);
    }

    private static SubnetRole RoleOf(string name) => name switch { "node" => SubnetRole.Node, "validator" => SubnetRole.Validator, _ => SubnetRole.Gateway };

    private static TokenAmount LeastOf(SubnetRole role, SubnetParameters parameters) => role switch
    {
        SubnetRole.Node => parameters.MinNodeStake,
        SubnetRole.Validator => parameters.MinValidatorStake,
        _ => parameters.MinGatewayStake,
    };
}
