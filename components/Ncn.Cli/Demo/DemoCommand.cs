using System.CommandLine;
using System.Diagnostics;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary><c>demo</c>: the whole network on this machine, put to work on real input, paid, settled, and stopped.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var state = new Option<string?>("--state") { Description = "The folder of the demo's state. Default: .ncn/demo." };
        var command = new Command("demo", "Start a network, use and pay for it in every way, settle on the chain, and stop it.") { state };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state) ?? Path.Combine(Installation.Root, ".ncn", "demo"));
            if (NetworkLauncher.Running(folder) is not null)
            {
                throw new CliException("A demo is running with this state folder. Wait until it ends, or give another folder with --state.");
            }

            SetAside(folder);
            await RunAsync(folder, cancellation);
            return 0;
        });
        return command;
    }

    /// <summary>A demo always works: a folder that an earlier version left is kept under another name.</summary>
    private static void SetAside(StateFolder folder)
    {
        if (!ContractsFile.Fits(folder, ContractsFile.Load()))
        {
            var earlier = $"{folder.Path}-until-{DateTime.UtcNow:yyyyMMddTHHmmss}";
            Directory.Move(folder.Path, earlier);
            AnsiConsole.MarkupLine($"[grey]The state of an earlier version's contracts is kept in {Markup.Escape(earlier)}; the demo starts afresh.[/]");
        }
    }

    private static async Task RunAsync(StateFolder folder, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        AnsiConsole.Write(new Rule("[bold]NCN Network[/]: inference sold by the call").LeftJustified());
        try
        {
            var request = new LaunchRequest(folder, NetworkOptions.DefaultWorkers, null, FreeOfCharge: false, ProxyPort: null, Joining.Nobody);
            var run = await AnsiConsole.Status().StartAsync("starting the network", status =>
                NetworkLauncher.StartAsync(request, missing => status.Status(Markup.Escape(missing)), cancellation));
            using var probe = new NetworkProbe(folder);
            var network = await probe.DescribeAsync(run, cancellation);
            NetworkTable.Print(network);
            AnsiConsole.MarkupLine($"[grey]up after {clock.Elapsed.TotalSeconds:0.0} s[/]");
            using var session = new DemoSession(folder, network);
            await PlayAsync(session, cancellation);
        }
        finally
        {
            await NetworkLauncher.StopAsync(folder);
        }

        AnsiConsole.MarkupLine($"[green]Done[/] in {clock.Elapsed.TotalSeconds:0.0} s. The network is stopped; its state is kept in {Markup.Escape(folder.Path)}.");
    }

    private static async Task PlayAsync(DemoSession session, CancellationToken cancellation)
    {
        await DepositAct.PlayAsync(session, cancellation);

        // What an earlier run left unclaimed must not mix with this one's books.
        await SettlementAct.SettleAsync(session, cancellation);
        var before = await MoneyTable.ReadAsync(session);
        await DigitsAct.PlayAsync(session, cancellation);
        await ChatAct.PlayAsync(session, cancellation);
        await FailoverAct.PlayAsync(session, cancellation);
        ReceiptsAct.Play(session);
        await SettlementAct.PlayAsync(session, cancellation);
        MoneyTable.Print(session, before, await MoneyTable.ReadAsync(session));
    }
}
