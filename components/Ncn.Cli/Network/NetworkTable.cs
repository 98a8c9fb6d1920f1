using Spectre.Console;

namespace Ncn.Cli.Network;

/// <summary>A network for people to read.</summary>
internal static class NetworkTable
{
    public static void Print(NetworkDescription network)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("part", "where", "serves");
        foreach (var gateway in network.Gateways)
        {
            table.AddRow($"gateway of subnet {gateway.Subnet} ({gateway.Name})", gateway.Http, List(gateway.Models));
        }

        if (network.Proxy is { } proxy)
        {
            table.AddRow("paying proxy", proxy.Openai, "any OpenAI client, without a key");
        }

        foreach (var worker in network.Workers)
        {
            table.AddRow($"worker {Markup.Escape(worker.AppId)}", worker.Grpc ?? worker.Http, List(worker.Models));
        }

        foreach (var validator in network.Validators)
        {
            table.AddRow(Markup.Escape(validator.AppId), validator.Http, validator.ProcessId is null ? "[red]nothing[/]" : "consensus, checks of answers");
        }

        table.AddRow($"chain {network.Chain.ChainId}", network.Chain.Rpc, $"escrow {Short(network.Chain.InferencePayment)}");
        if (network.Discovery is { } discovery)
        {
            table.AddRow("discovery", discovery, "other operators: up --bootstrap");
        }

        table.AddRow("state and logs", Markup.Escape(network.State), string.Empty);
        AnsiConsole.Write(table);
    }

    private static string List(IReadOnlyList<string> models) => models.Count == 0 ? "[red]nothing[/]" : Markup.Escape(string.Join(", ", models));

    private static string Short(Protocol.Address address) => $"{address.ToString()[..10]}…";
}
