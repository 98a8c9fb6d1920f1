using System.CommandLine;

namespace Ncn.Cli.Network;

/// <summary><c>down</c>: stops what up started; balances and channels stay in the state folder.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        var state = NetworkOptions.State();
        var command = new Command("down", "Stop what `up` started. Balances and channels are kept.") { state };
        command.SetAction(async (parsed, _) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            Console.WriteLine(await NetworkLauncher.StopAsync(folder)
                ? $"The network is stopped. Its state is kept in {folder.Path}."
                : $"No network runs with the state folder {folder.Path}.");
            return 0;
        });
        return command;
    }
}
