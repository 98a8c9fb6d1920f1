using System.CommandLine;
using Ncn.Cli.Using;
using Ncn.Cli.Validators;

namespace Ncn.Cli.Network;

/// <summary><c>status</c>: what runs, where, and whether it answers.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var state = NetworkOptions.State();
        var json = NetworkOptions.Json();
        var command = new Command("status", "Say what runs, where, who has been paid, how validators and nodes stand, and whether everything answers. Exits 0 when everything does, 3 when nothing runs.") { state, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            if (NetworkLauncher.Running(folder) is not { } run)
            {
                Console.WriteLine(parsed.GetValue(json) ? "{\"running\":false}" : $"No network runs with the state folder {folder.Path}.");
                return 3;
            }

            using var probe = new NetworkProbe(folder);
            var network = await probe.DescribeAsync(run, cancellation);
            network = network with { Ledger = await LedgerReport.ReadAsync(folder, network, cancellation) };
            if (parsed.GetValue(json))
            {
                Console.WriteLine(network.ToJson());
            }
            else
            {
                NetworkTable.Print(network);
                await EarningsTable.PrintAsync(NetworkSettings.Read(folder), network);
                if (network.Ledger is { } ledger)
                {
                    LedgerTable.Print(ledger);
                }
            }

            var missing = await probe.WhatIsMissingAsync(run.Workers, cancellation);
            if (missing is not null)
            {
                await Console.Error.WriteLineAsync($"Not everything answers: {missing}.");
            }

            return missing is null ? 0 : 1;
        });
        return command;
    }
}
