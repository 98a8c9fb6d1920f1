using System.Globalization;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>The environment of an app: the network's, its own of the run template, what daprd gives, and <c>network.env</c>.</summary>
internal static class AppEnvironment
{
    /// <summary>The key of every storage emulator, published by Microsoft.</summary>
    private const string AzuriteKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public static Dictionary<string, string> Network(RuntimeOptions options, NetworkPlan plan)
    {
        var environment = Addresses(options, plan);
        if (plan.ServiceBus is { } bus)
        {
            environment["Ncn__ServiceBus"] = bus.ConnectionString;
        }

        return environment;
    }

    public static Dictionary<string, string> For(AppSpec app, RuntimeOptions options, NetworkPlan plan)
    {
        var environment = Network(options, plan);
        Add(environment, ReadFile(Path.Combine(options.StateDirectory, BeforeApps.EnvironmentFile)));
        Add(environment, app.Environment);
        environment["APP_ID"] = app.AppId;
        environment["APP_PROTOCOL"] = "http";
        environment["APP_CHANNEL_ADDRESS"] = "127.0.0.1";
        environment["DAPR_HTTP_PORT"] = app.DaprHttpPort.ToString(CultureInfo.InvariantCulture);
        environment["DAPR_GRPC_PORT"] = app.DaprGrpcPort.ToString(CultureInfo.InvariantCulture);
        if (app.AppPort > 0)
        {
            environment["APP_PORT"] = app.AppPort.ToString(CultureInfo.InvariantCulture);
        }

        return environment;
    }

    /// <summary>Lines of KEY=VALUE; empty lines and those that start with # do not count.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> ReadFile(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        foreach (var line in File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var split = line.IndexOf('=', StringComparison.Ordinal);
            yield return split > 0
                ? KeyValuePair.Create(line[..split].Trim(), line[(split + 1)..].Trim())
                : throw new ConfigurationException($"{path}: a line is not KEY=VALUE.");
        }
    }

    private static Dictionary<string, string> Addresses(RuntimeOptions options, NetworkPlan plan) => new()
    {
        ["Ncn__Chain__Rpc"] = plan.Addresses.Rpc,
        ["Ncn__Chain__ChainId"] = Tools.ChainId.ToString(CultureInfo.InvariantCulture),
        ["Ncn__State__Directory"] = options.StateDirectory,
        ["Ncn__Tables"] = $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={AzuriteKey};TableEndpoint={plan.Addresses.Tables}/devstoreaccount1;",
        ["Ncn__Blobs"] = $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={AzuriteKey};BlobEndpoint={plan.Addresses.Blobs}/devstoreaccount1;",
        ["NCN_STATE"] = options.StateDirectory,
        ["NCN_RPC"] = plan.Addresses.Rpc,
        ["NCN_AZURITE_BLOBS"] = plan.Addresses.Blobs,
        ["NCN_AZURITE_QUEUES"] = plan.Addresses.Queues,
        ["NCN_AZURITE_TABLES"] = plan.Addresses.Tables,
    };

    private static void Add(Dictionary<string, string> environment, IEnumerable<KeyValuePair<string, string>> entries)
    {
        foreach (var (name, value) in entries)
        {
            environment[name] = value;
        }
    }
}
