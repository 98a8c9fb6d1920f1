using System.CommandLine;
using System.Globalization;
using Ncn.Chain.Artifacts;
using Ncn.Cli.Provisioning;
using Spectre.Console;

namespace Ncn.Cli.Deploying;

/// <summary><c>deploy</c>: the contracts on a chain, at the same addresses on each.</summary>
internal static class DeployCommand
{
    public static Command Create()
    {
        var network = new Option<string>("--network") { Description = "forknet, arbitrum-sepolia or arbitrum-one.", Required = true };
        var rpc = Rpc();
        var keyFile = new Option<string?>("--key-file") { Description = "File with the key of the account that pays the gas: 0x and 64 hex digits, mode 0600." };
        var broadcast = new Option<bool>("--broadcast") { Description = "Send the transactions. Without it nothing is sent." };
        var json = NetworkOptions.Json();
        var command = new Command("deploy", "Put the contracts on a chain, or say what stands there, what is missing and what it costs.") { network, rpc, keyFile, broadcast, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var artifacts = ContractsFile.Load();
            var request = new DeployRequest(Known(artifacts, parsed.GetValue(network)!), parsed.GetValue(rpc) is { } node ? new Uri(node) : null, parsed.GetValue(keyFile), parsed.GetValue(broadcast));
            var report = await new ContractDeployment(artifacts, request, Console.Error.WriteLine).RunAsync(cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(report.ToJson());
            }
            else
            {
                Print(report, artifacts.Networks[request.Network]);
            }

            return 0;
        });
        return command;
    }

    private static Option<string?> Rpc()
    {
        var option = new Option<string?>("--rpc") { Description = "A node of that chain, http or https. Default: the network's public one." };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } given && !(Uri.TryCreate(given, UriKind.Absolute, out var node) && node.Scheme is "http" or "https"))
            {
                result.AddError($"--rpc is '{given}'; it must be an http or https address.");
            }
        });
        return option;
    }

    private static string Known(ContractArtifacts artifacts, string name) => artifacts.Networks.ContainsKey(name)
        ? name
        : throw new CliException($"--network is '{name}'; it is one of {string.Join(", ", artifacts.Networks.Keys)}.");

    private static void Print(DeployReport report, ChainNetwork network)
    {
        AnsiConsole.WriteLine($"{network.Title}, chain {report.ChainId}, asked at {report.Rpc}");
        var table = new Table().Border(TableBorder.Rounded).AddColumns("contract", "address", "state", "gas", "cost");
        foreach (var contract in report.Contracts)
        {
            table.AddRow(contract.Name, contract.Address.ToString(), Words(contract), contract.Gas, Price(contract.Cost));
        }

        table.AddRow("together", "", "", report.Gas, Price(report.Cost));
        AnsiConsole.Write(table);
        foreach (var line in Lines(report))
        {
            AnsiConsole.WriteLine(line);
        }
    }

    private static IEnumerable<string> Lines(DeployReport report)
    {
        foreach (var contract in report.Contracts.Where(contract => contract.Canonical is not null))
        {
            yield return $"{contract.Name} {(report.Sent ? "stands" : "would stand")} also at {contract.Canonical}, where stock x402 clients look for it.";
        }

        foreach (var contract in report.Contracts)
        {
            if (contract.Data is { } data)
            {
                yield return $"Would send for {contract.Name}: to {report.Deployer}, value 0, {data.Length} bytes of data (salt and creation code; --json prints them).";
            }

            if (contract.Transaction is { } transaction)
            {
                yield return $"{contract.Name} was deployed in transaction {transaction}; its code is what was built.";
            }
        }

        if (report.FirstBlock is { } block)
        {
            yield return $"Set Ncn__ChainEvents__FirstBlock={block} for the chain-events app: no event of these contracts is older.";
        }

        yield return report.Sent || report.Contracts.All(contract => contract.State == ContractState.Stands)
            ? "Everything stands."
            : $"Nothing was sent. --broadcast sends; the account must hold {Price(report.Reserve)}{(report.Balance is { } coin ? $", and {report.Sender} holds {Price(coin)}" : "")}.";
    }

    private static string Words(DeployedContract contract) => contract.State switch
    {
        ContractState.Missing => "missing",
        ContractState.Deployed => "deployed now, as built",
        _ => "stands, as built",
    };

    private static string Price(string wei) => Coin.Of(UInt128.Parse(wei, CultureInfo.InvariantCulture));
}
