using Ncn.LocalRuntime.PubSub;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Secrets;
using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>Everything that the files and the command line say, read and checked before anything starts.</summary>
internal sealed record NetworkPlan(
    IReadOnlyList<AppSpec> Apps,
    PortMap Ports,
    ToolAddresses Addresses,
    IReadOnlyList<Component> Components,
    IReadOnlyList<(Subscription Subscription, IReadOnlyList<string> Scopes)> Subscriptions,
    ResiliencyPolicies Policies,
    SecretsApi Secrets,
    LocalNamespace? ServiceBus,
    string Logs)
{
    public static NetworkPlan Read(RuntimeOptions options)
    {
        var named = Replicas.Apply(ChosenApps.Apply(RunTemplate.Read(options.RunFile), options.Apps), options.Replicas, options.Validators);
        var ports = ChoosePorts(options, named);
        var addresses = ToolAddresses.For(options, ports);
        var environment = ComponentEnvironment(addresses);
        var stores = new ComponentFiles(environment, NoSecret).Read(options.Resources, type => type == LocalFileSecrets.ComponentType);
        var secrets = new SecretsApi(stores, options.StateDirectory);
        var others = new ComponentFiles(environment, secrets.Find).Read(options.Resources, type => type != LocalFileSecrets.ComponentType);
        return new NetworkPlan(
            [.. named.Select(ports.Apply)],
            ports,
            addresses,
            ComponentTypes.Require([.. stores, .. others]),
            SubscriptionFiles.Read(options.Resources),
            ResiliencyPolicies.Read(options.ResiliencyFile),
            secrets,
            LocalNamespace.Read(options, ports),
            Path.Combine(options.StateDirectory, "logs"));
    }

    /// <summary>Every port that this network is to listen on, with who listens there.</summary>
    public IReadOnlyList<(int Port, string Owner)> Listeners(RuntimeOptions options)
    {
        var apps = Apps.SelectMany(app => PortMap.PortsOf(app).Where(port => port != app.DaprGrpcPort)
            .Select(port => (port, port == app.DaprHttpPort ? $"the Dapr API of {app.AppId}" : app.AppId)));
        var chain = options.Without.Contains("anvil") ? [] : new[] { (Ports[options.AnvilPort], "anvil") };
        var storage = options.Without.Contains("azurite") ? [] : options.AzuritePorts.Select(port => (Ports[port], "Azurite"));
        var bus = ServiceBus is { } service ? new[] { (service.Port, "Service Bus") } : [];
        return [.. apps.Concat(chain).Concat(storage).Concat(bus).Where(listener => listener.Item1 > 0)];
    }

    private static PortMap ChoosePorts(RuntimeOptions options, IReadOnlyList<AppSpec> apps)
    {
        var named = apps.SelectMany(PortMap.PortsOf).Append(options.AnvilPort).Concat(options.AzuritePorts).Append(options.ServiceBusPort).ToList();
        return options.SystemPorts ? PortMap.SystemChosen(named) : PortMap.Shifted(named, options.PortOffset);
    }

    /// <summary>What <c>envRef</c> sees: the environment, and where this network's Azurite is.</summary>
    private static Func<string, string?> ComponentEnvironment(ToolAddresses addresses) => name => name switch
    {
        "NCN_AZURITE_BLOBS" => addresses.Blobs,
        "NCN_AZURITE_QUEUES" => addresses.Queues,
        "NCN_AZURITE_TABLES" => addresses.Tables,
        _ => Environment.GetEnvironmentVariable(name),
    };

    private static string? NoSecret(string store, string? key, string name) => null;
}
