using System.CommandLine;
using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Protocol;

namespace Ncn.Cli.Validators;

/// <summary><c>validator status</c>: who votes, who is behind, how nodes stand, what is on the chain.</summary>
internal static class LedgerCommand
{
    public static Command Create()
    {
        var (state, json) = (NetworkOptions.State(), NetworkOptions.Json());
        var command = new Command("status", "Show who votes and who is behind, how nodes stand, and the newest checkpoint on the chain.") { state, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            var report = await ReadAsync(folder, cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(report, ProtocolJson.Options));
            }
            else
            {
                LedgerTable.Print(report);
            }

            return 0;
        });
        return command;
    }

    private static async Task<LedgerReport> ReadAsync(StateFolder folder, CancellationToken cancellation)
    {
        if (NetworkLauncher.Running(folder) is not { } run)
        {
            throw new CliException("The network is not running. Start it: ./ncn up --validators 4");
        }

        using var probe = new NetworkProbe(folder);
        return await LedgerReport.ReadAsync(folder, await probe.DescribeAsync(run, cancellation), cancellation)
            ?? throw new CliException("This network runs without validators. Start one that has some: ./ncn down, ./ncn up --validators 4");
    }
}
