using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ncn.Chain.Registry;
using Ncn.Cli.Using;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Subnets;

/// <summary>A subnet with everything that the chain says of it.</summary>
/// <param name="Pending">Parameters that the owner proposed and that are not in force yet.</param>
/// <param name="Bootstrap">Where its operators can be asked for the others, most stake first.</param>
internal sealed record SubnetDetails(
    SubnetView Subnet, PendingParameters? Pending, TokenAmount GatewayStake, TokenAmount NodeStake, TokenAmount ValidatorStake, IReadOnlyList<BootstrapEntry> Bootstrap)
{
    public static async Task<SubnetDetails> ReadAsync(SubnetSession session, SubnetView subnet) => new(
        subnet,
        await session.Owner.ReadPendingParametersAsync(subnet.Id),
        await session.Owner.ReadTotalBondedAsync(subnet.Id, SubnetRole.Gateway),
        await session.Owner.ReadTotalBondedAsync(subnet.Id, SubnetRole.Node),
        await session.Owner.ReadTotalBondedAsync(subnet.Id, SubnetRole.Validator),
        await session.Directory.ReadAsync(subnet.Id));
}

/// <summary><c>subnet show</c>: one subnet, its parameters, stakes and discovery addresses.</summary>
internal static class ShowCommand
{
    public static Command Create()
    {
        var (id, json, target) = (SubnetCommand.Id(), NetworkOptions.Json(), new SubnetTarget());
        var command = new Command("show", "Show a subnet's owner, parameters, stakes and discovery addresses.") { id, json };
        target.AddTo(command, sends: false);
        command.SetAction(async (parsed, _) =>
        {
            using var session = await target.OpenAsync(parsed, sends: false);
            var details = await SubnetDetails.ReadAsync(session, await session.ReadAsync(parsed.GetValue(id)));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(details, ProtocolJson.Options));
            }
            else
            {
                Print(details);
            }

            return 0;
        });
        return command;
    }

    private static void Print(SubnetDetails details)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns($"subnet {details.Subnet.Id.Value}", Markup.Escape(details.Subnet.Name));
        table.AddRow("owner", details.Subnet.Owner.ToString());
        table.AddRow("stake token", details.Subnet.StakeToken.ToString());
        table.AddRow("staked", $"gateways {Dollars.Of(details.GatewayStake)}, nodes {Dollars.Of(details.NodeStake)}, validators {Dollars.Of(details.ValidatorStake)}");
        AddParameters(table, string.Empty, details.Subnet.Parameters);
        if (details.Pending is { } pending)
        {
            var when = DateTimeOffset.FromUnixTimeSeconds((long)pending.EffectiveAt).ToString("u", CultureInfo.InvariantCulture);
            AddParameters(table, $"from {when}: ", pending.Parameters);
        }

        foreach (var entry in details.Bootstrap)
        {
            table.AddRow($"discovery of {entry.Operator}", Markup.Escape($"{entry.Url} (stake {Dollars.Of(entry.Stake)})"));
        }

        AnsiConsole.Write(table);
    }

    private static void AddParameters(Table table, string prefix, SubnetParameters parameters)
    {
        var stakes = $"gateway {Dollars.Of(parameters.MinGatewayStake)}, node {Dollars.Of(parameters.MinNodeStake)}, validator {Dollars.Of(parameters.MinValidatorStake)}";
        table.AddRow($"{prefix}least stake", stakes);
        table.AddRow($"{prefix}unbonding, epoch", string.Create(CultureInfo.InvariantCulture, $"{parameters.UnbondingDelay} s, {parameters.EpochLength} s"));
        table.AddRow($"{prefix}checked again", string.Create(CultureInfo.InvariantCulture, $"{parameters.VerificationFloor / 100m} % of answers at least"));
        table.AddRow($"{prefix}policy", parameters.Policy == default ? "none" : parameters.Policy.ToString());
    }
}
