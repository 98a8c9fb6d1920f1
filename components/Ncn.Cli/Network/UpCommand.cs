using System.CommandLine;
using Spectre.Console;

namespace Ncn.Cli.Network;

/// <summary><c>up</c>: starts the whole network on this machine.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var state = NetworkOptions.State();
        var json = NetworkOptions.Json();
        var workers = NetworkOptions.Workers();
        var price = NetworkOptions.Price();
        var detach = new Option<bool>("--detach") { Description = "Return when everything answers; `down` stops it." };
        var fork = new Option<string?>("--fork") { Description = "RPC address of a chain to fork, for example of Arbitrum." };
        var validators = NetworkOptions.Validators();
        var proxyPort = new Option<int?>("--proxy-port") { Description = "Port of the paying proxy; default 8085." };
        var joining = new JoiningOptions();
        var command = new Command("up", "Start the network on this machine.") { detach, json, state, fork, workers, validators, price, proxyPort };
        joining.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            var run = NetworkLauncher.Running(folder);
            if (run is not null)
            {
                await Console.Error.WriteLineAsync($"A network already runs with the state folder {folder.Path}; no second one is started. `down` stops it.");
                run = await NetworkLauncher.StartProxyAsync(folder, run, cancellation);
            }
            else
            {
                var request = new LaunchRequest(folder, parsed.GetValue(workers), parsed.GetValue(fork), parsed.GetValue(price) is not null, parsed.GetValue(proxyPort), joining.Read(parsed), parsed.GetValue(validators));
                run = await StartAsync(request, quiet: parsed.GetValue(json), cancellation);
            }

            await PrintAsync(folder, run, parsed.GetValue(json), cancellation);
            return parsed.GetValue(detach) ? 0 : await WaitAsync(folder, run, cancellation);
        });
        return command;
    }

    private static Task<RunRecord> StartAsync(LaunchRequest request, bool quiet, CancellationToken cancellation) => quiet
        ? NetworkLauncher.StartAsync(request, _ => { }, cancellation)
        : AnsiConsole.Status().StartAsync("starting", status =>
            NetworkLauncher.StartAsync(request, missing => status.Status(Markup.Escape(missing)), cancellation));

    private static async Task PrintAsync(StateFolder state, RunRecord run, bool json, CancellationToken cancellation)
    {
        using var probe = new NetworkProbe(state);
        var network = await probe.DescribeAsync(run, cancellation);
        if (json)
        {
            Console.WriteLine(network.ToJson());
        }
        else
        {
            NetworkTable.Print(network);
        }
    }

    private static async Task<int> WaitAsync(StateFolder state, RunRecord run, CancellationToken cancellation)
    {
        AnsiConsole.MarkupLine("[grey]Ctrl-C stops the network.[/]");
        try
        {
            while (run.Runtime.IsRunning)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
            }

            throw new CliException($"The local runtime ended by itself. {LogTail.Read(state.Log("runtime-output"))}");
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        finally
        {
            await NetworkLauncher.StopAsync(state);
        }
    }
}
