using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ncn.Chain.Registry;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Subnets;

/// <summary><c>subnet list</c>: all subnets of the chain.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var (json, target) = (NetworkOptions.Json(), new SubnetTarget());
        var command = new Command("list", "List the subnets of the chain.") { json };
        target.AddTo(command, sends: false);
        command.SetAction(async (parsed, _) =>
        {
            using var session = await target.OpenAsync(parsed, sends: false);
            var subnets = await ReadAllAsync(session);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(subnets, ProtocolJson.Options));
            }
            else
            {
                Print(subnets);
            }

            return 0;
        });
        return command;
    }

    private static async Task<IReadOnlyList<SubnetView>> ReadAllAsync(SubnetSession session)
    {
        var subnets = new List<SubnetView>();
        var count = await session.Registry.ReadSubnetCountAsync();
        for (uint id = 1; id <= count; id++)
        {
            subnets.Add(await session.Registry.ReadSubnetAsync(new SubnetId(id)));
        }

        return subnets;
    }

    private static void Print(IReadOnlyList<SubnetView> subnets)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("subnet", "name", "owner", "policy");
        foreach (var subnet in subnets)
        {
            var policy = subnet.Parameters.Policy == default ? "none" : subnet.Parameters.Policy.ToString();
            table.AddRow(subnet.Id.Value.ToString(CultureInfo.InvariantCulture), Markup.Escape(subnet.Name), subnet.Owner.ToString(), policy);
        }

        AnsiConsole.Write(table);
    }
}
