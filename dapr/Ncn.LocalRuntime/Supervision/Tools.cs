using System.Globalization;
using System.Text;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>Addresses of the local chain and of Azurite.</summary>
internal sealed record ToolAddresses(string Rpc, string Blobs, string Queues, string Tables)
{
    public static ToolAddresses For(RuntimeOptions options, PortMap ports) => new(
        options.Rpc ?? Loopback(ports[options.AnvilPort]), Loopback(ports[options.AzuritePorts[0]]), Loopback(ports[options.AzuritePorts[1]]), Loopback(ports[options.AzuritePorts[2]]));

    private static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}

/// <summary>anvil and Azurite: how they are started, and when they answer. Both get SIGTERM at the runtime's death, to save first.</summary>
internal static class Tools
{
    public const int ChainId = 412346;
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(2) };

    public static SupervisedProcess Anvil(RuntimeOptions options, int port, string logs)
    {
        var state = new ChainState(Path.Combine(options.StateDirectory, "anvil.json"));
        string[] fork = options.ForkUrl is { } url ? ["--fork-url", url] : [];
        string[] command =
        [
            NodeModules.Anvil(Path.GetDirectoryName(options.RunFile)!), "--host", "127.0.0.1", "--port", Text(port), "--chain-id", Text(ChainId),
            "--state", state.Path, "--state-interval", "1", .. fork,
        ];
        return new SupervisedProcess(new ChildSpec("anvil", options.StateDirectory, command, Empty, "TERM"), logs) { BeforeStart = state.RepairAsync };
    }

    public static SupervisedProcess Azurite(RuntimeOptions options, PortMap ports, string logs)
    {
        string[] command =
        [
            "node", NodeModules.Azurite(Path.GetDirectoryName(options.RunFile)!), "--location", Path.Combine(options.StateDirectory, "azurite"),
            "--blobHost", "127.0.0.1", "--blobPort", Text(ports[options.AzuritePorts[0]]),
            "--queueHost", "127.0.0.1", "--queuePort", Text(ports[options.AzuritePorts[1]]),
            "--tableHost", "127.0.0.1", "--tablePort", Text(ports[options.AzuritePorts[2]]),
            "--disableTelemetry", "--skipApiVersionCheck", "--silent",
        ];
        return new SupervisedProcess(new ChildSpec("azurite", options.StateDirectory, command, Empty, "TERM"), logs);
    }

    /// <summary>Waits until the chain answers with its id.</summary>
    public static Task WaitForChainAsync(string rpc, SupervisedProcess process, CancellationToken cancellation) => WaitAsync(process, async () =>
    {
        using var question = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}""", Encoding.UTF8, "application/json");
        using var answer = await Client.PostAsync(new Uri(rpc), question, cancellation);
        return answer.IsSuccessStatusCode;
    }, cancellation);

    /// <summary>Waits until all three ports speak HTTP; any status will do.</summary>
    public static Task WaitForAzuriteAsync(ToolAddresses addresses, SupervisedProcess process, CancellationToken cancellation) => WaitAsync(process, async () =>
    {
        foreach (var address in (string[])[addresses.Blobs, addresses.Queues, addresses.Tables])
        {
            using var answer = await Client.GetAsync(new Uri(address), cancellation);
        }

        return true;
    }, cancellation);

    private static IReadOnlyDictionary<string, string> Empty { get; } = new Dictionary<string, string>();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task WaitAsync(SupervisedProcess process, Func<Task<bool>> answers, CancellationToken cancellation)
    {
        while (!await TryAsync(answers, cancellation))
        {
            if (process.HasGivenUp)
            {
                throw new ConfigurationException($"{process.Name} does not start; logs/{process.Name}.log says why (a port that is in use?).");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }
    }

    private static async Task<bool> TryAsync(Func<Task<bool>> answers, CancellationToken cancellation)
    {
        try
        {
            return await answers();
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
