using System.CommandLine;
using System.Globalization;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>The options of the command line, with the environment variables that stand in for some of them.</summary>
internal sealed class OptionLine
{
    private readonly Option<string> runFile = new("--run-file") { Description = "The multi-app run template.", DefaultValueFactory = _ => "dapr/dapr.yaml" };
    private readonly Option<string> resources = new("--resources") { Description = "The folder of component files.", DefaultValueFactory = _ => "dapr/components/local" };
    private readonly Option<string> state = new("--state") { Description = "The folder that keeps everything durable, and the logs.", Required = true };
    private readonly Option<string?> config = new("--config") { Description = "The Configuration file; default config.yaml beside the run template." };
    private readonly Option<string?> resiliency = new("--resiliency") { Description = "The Resiliency file; default resiliency.yaml beside the run template." };
    private readonly Option<string?> beforeApps = new("--before-apps") { Description = "A command to run once when anvil and Azurite answer; it writes STATE/network.env." };
    private readonly Option<int?> replicas = new("--replicas") { Description = "Number of compute workers, 0 to 64; default as in the run template." };
    private readonly Option<int?> validators = new("--validators") { Description = "Number of validators, 0 to 16, with the worker that re-runs answers for them; default as in the run template." };
    private readonly Option<int> anvilPort = new("--anvil-port") { Description = "Port of the local chain.", DefaultValueFactory = _ => 8545 };
    private readonly Option<string> azuritePorts = new("--azurite-ports") { Description = "Ports of Azurite: blobs,queues,tables.", DefaultValueFactory = _ => "10000,10001,10002" };
    private readonly Option<string?> serviceBus = new("--service-bus") { Description = "The file of Service Bus queues; default servicebus.json beside the run template." };
    private readonly Option<int> serviceBusPort = new("--service-bus-port") { Description = "Port of Service Bus.", DefaultValueFactory = _ => 10003 };
    private readonly Option<string?> fork = new("--fork") { Description = "RPC address of a chain to fork." };
    private readonly Option<string?> rpc = new("--rpc") { Description = "RPC address of a chain that runs already; no anvil is started." };
    private readonly Option<string?> apps = new("--apps") { Description = "The apps to run beside the workers, separated by commas; default all of the run template." };
    private readonly Option<string?> readyFile = new("--ready-file") { Description = "A file to write when every app is ready." };
    private readonly Option<string> ports = new("--ports")
    {
        Description = "fixed: as named, plus NCN_PORT_OFFSET; system: chosen by the system, see STATE/runtime.json. Default: NCN_PORTS, else fixed.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NCN_PORTS") ?? "fixed",
    };

    private readonly Option<string[]> without = new("--without") { Description = "Leave out anvil or azurite.", AllowMultipleArgumentsPerToken = true };

    public RootCommand ToCommand(Action<ParseResult> run)
    {
        ports.AcceptOnlyFromAmong("fixed", "system");
        without.AcceptOnlyFromAmong("anvil", "azurite");
        Bound(replicas, 64);
        Bound(validators, 16);
        var command = new RootCommand("Runs the apps of a Dapr run template on one machine, each with its own Dapr HTTP API.")
        {
            runFile, resources, state, config, resiliency, beforeApps, replicas, validators, anvilPort, azuritePorts, serviceBus, serviceBusPort, fork, rpc, apps, readyFile, ports, without,
        };
        command.SetAction(run);
        return command;
    }

    public RuntimeOptions Read(ParseResult parsed)
    {
        var template = Path.GetFullPath(parsed.GetValue(runFile)!);
        return new RuntimeOptions
        {
            RunFile = template,
            Resources = Path.GetFullPath(parsed.GetValue(resources)!),
            StateDirectory = Path.GetFullPath(parsed.GetValue(state)!),
            ConfigFile = parsed.GetValue(config) ?? Beside(template, "config.yaml"),
            ResiliencyFile = parsed.GetValue(resiliency) ?? Beside(template, "resiliency.yaml"),
            BeforeApps = parsed.GetValue(beforeApps),
            Replicas = parsed.GetValue(replicas),
            Validators = parsed.GetValue(validators),
            AnvilPort = parsed.GetValue(anvilPort),
            AzuritePorts = ParsePorts(parsed.GetValue(azuritePorts)!),
            ServiceBusFile = parsed.GetValue(serviceBus) ?? Beside(template, "servicebus.json"),
            ServiceBusPort = parsed.GetValue(serviceBusPort),
            ForkUrl = parsed.GetValue(fork),
            Rpc = ParseRpc(parsed.GetValue(rpc), parsed.GetValue(fork)),
            Apps = (parsed.GetValue(apps) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal),
            ReadyFile = parsed.GetValue(readyFile),
            SystemPorts = parsed.GetValue(ports) == "system",
            PortOffset = ReadOffset(),
            Without = (parsed.GetValue(without) ?? []).Concat(parsed.GetValue(rpc) is null ? [] : ["anvil"]).ToHashSet(StringComparer.Ordinal),
        };
    }

    private static void Bound(Option<int?> option, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int?>() is { } given && (given < 0 || given > most))
        {
            result.AddError($"{option.Name} is a number from 0 to {most}.");
        }
    });

    private static string? Beside(string template, string name)
    {
        var path = Path.Combine(Path.GetDirectoryName(template)!, name);
        return File.Exists(path) ? path : null;
    }

    private static string? ParseRpc(string? text, string? fork) =>
        text is null ? null
        : fork is not null ? throw new ConfigurationException("--rpc and --fork exclude each other: a chain that runs already is not forked.")
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) ? text.TrimEnd('/')
        : throw new ConfigurationException($"--rpc is '{text}'; it is an http or https address.");

    private static int[] ParsePorts(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        return parts.Length == 3 && parts.All(part => ushort.TryParse(part, CultureInfo.InvariantCulture, out _))
            ? [.. parts.Select(part => int.Parse(part, CultureInfo.InvariantCulture))]
            : throw new ConfigurationException($"--azurite-ports is '{text}'; it takes three ports: blobs,queues,tables.");
    }

    private static int ReadOffset()
    {
        var text = Environment.GetEnvironmentVariable("NCN_PORT_OFFSET");
        return string.IsNullOrEmpty(text) ? 0
            : int.TryParse(text, CultureInfo.InvariantCulture, out var offset) && offset is >= 0 and <= 40000 ? offset
            : throw new ConfigurationException($"NCN_PORT_OFFSET is '{text}'; it is a number from 0 to 40000.");
    }
}
