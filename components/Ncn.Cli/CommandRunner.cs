using System.CommandLine;
using Ncn.Chain;
using Ncn.Client;
using Ncn.Client.Paying;
using Spectre.Console;

namespace Ncn.Cli;

/// <summary>Runs a command; what a user can understand and mend is one message and exit code 1, everything else is a bug and shows itself.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        if (Console.IsOutputRedirected)
        {
            // In a file, hashes and addresses stay in one piece, and there are no colours.
            AnsiConsole.Profile.Width = 160;
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        }

        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) };
            return await root.Parse(arguments).InvokeAsync(configuration, stop.Token);
        }
        catch (Exception exception) when (exception is CliException or NcnException or PaymentException or ChainException or HttpRequestException or IOException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }
}
