using System.CommandLine;
using Ncn.Cli.Network;

namespace Ncn.Cli.Provisioning;

/// <summary><c>provision</c>: run by the local runtime when the chain answers and no app runs yet.</summary>
internal static class ProvisionCommand
{
    public static Command Create()
    {
        var state = NetworkOptions.State();
        var workers = NetworkOptions.Workers();
        var price = NetworkOptions.Price();
        var validators = NetworkOptions.Validators();
        var rpc = new Option<string>("--rpc") { Description = "The chain.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NCN_RPC") ?? "http://127.0.0.1:8545" };
        var command = new Command("provision", "Prepare keys, contracts, money and settings of a local network (the local runtime runs this).") { state, workers, validators, price, rpc };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            var request = new ProvisionRequest(
                StateFolder.Choose(parsed.GetValue(state)), new Uri(parsed.GetValue(rpc)!), parsed.GetValue(workers), parsed.GetValue(price) is not null, parsed.GetValue(validators));
            await new Provisioner(request, Console.WriteLine).RunAsync(cancellation);
            return 0;
        });
        return command;
    }
}
