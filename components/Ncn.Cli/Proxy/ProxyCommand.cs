using System.CommandLine;
using Ncn.Cli.Network;
using Ncn.Cli.Using;
using Ncn.Protocol;

namespace Ncn.Cli.Proxy;

/// <summary><c>proxy</c>: an OpenAI-compatible endpoint on loopback that pays with the local client's wallet.</summary>
internal static class ProxyCommand
{
    public static Command Create()
    {
        var state = NetworkOptions.State();
        var port = new Option<int?>("--port") { Description = "Port on loopback; default 8085." };
        var gateways = new Option<string[]>("--gateway") { Description = "Gateways to use; default those of the local network.", AllowMultipleArgumentsPerToken = true };
        var perRequest = Amount("--max-per-request", "Most that one request may cost, atomic units.", SpendingLimits.Local.PerRequest);
        var total = Amount("--max-total", "Most that is ever signed for one channel, atomic units.", SpendingLimits.Local.Total);
        var command = new Command("proxy", "Run an OpenAI-compatible endpoint on loopback that adds payment.") { state, port, gateways, perRequest, total };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            var limits = new SpendingLimits(TokenAmount.Parse(parsed.GetValue(perRequest)!), TokenAmount.Parse(parsed.GetValue(total)!));
            using var wallet = new ClientWallet(folder, limits);
            using var asking = new HttpClient();
            await using var app = ProxyHost.Build(ProxyPort.Choose(parsed.GetValue(port)), Gateways(parsed.GetValue(gateways), folder), wallet.Http, asking, wallet.AccountSecret);
            await app.StartAsync(cancellation);
            Console.WriteLine($"Paying for {wallet.Address} at {app.Urls.First()}/v1");
            await Microsoft.Extensions.Hosting.HostingAbstractionsHostExtensions.WaitForShutdownAsync(app, cancellation);
            return 0;
        });
        return command;
    }

    private static IReadOnlyList<Uri> Gateways(string[]? given, StateFolder state) => given is { Length: > 0 }
        ? [.. given.Select(gateway => new Uri(gateway.TrimEnd('/') + "/"))]
        : [.. (RuntimeReport.Read(state) ?? throw new CliException("The network is not running. Start it: ./ncn up")).Gateways.Select(gateway => gateway.Address)];

    private static Option<string> Amount(string name, string description, TokenAmount preset)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => preset.ToString() };
        option.Validators.Add(result =>
        {
            if (!TokenAmount.TryParse(result.GetValueOrDefault<string>(), out _))
            {
                result.AddError($"{name} is a whole number of atomic units.");
            }
        });
        return option;
    }
}
