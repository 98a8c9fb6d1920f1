using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.PubSub;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests.Configuration;

/// <summary>Every YAML file of dapr/ parses and says what the network needs.</summary>
public sealed class FilesTests
{
    private static readonly string Dapr = Path.Combine(RunningNetwork.Root, "dapr");
    private static readonly string[] ComponentNames = ["pubsub", "secretstore", "statestore", "work-text", "work-vision"];

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Path.Combine(Dapr, "components")).Select(path => Path.GetFileName(path))];

    [Fact]
    public void The_run_template_has_the_apps_and_ports_of_the_design()
    {
        var apps = RunTemplate.Read(Path.Combine(Dapr, "dapr.yaml"));
        Assert.Equal(
            [("registry", 3600, 3500), ("gateway-text", 8080, 3501), ("gateway-vision", 8082, 3502), ("stream-text", 8081, 3506), ("stream-vision", 8083, 3507), ("chain-events", 8084, 3503), ("compute-1", 8091, 3511), ("compute-2", 8093, 3512),
                ("verifier", 3609, 3580), ("validator-1", 3610, 3581), ("validator-2", 3612, 3582), ("validator-3", 3614, 3583), ("validator-4", 3616, 3584)],
            apps.Select(app => (app.AppId, app.AppPort, app.DaprHttpPort)));
        Assert.All(apps, app => Assert.Equal(Path.TrimEndingDirectorySeparator(RunningNetwork.Root), Path.TrimEndingDirectorySeparator(app.Directory)));
        Assert.All(apps, app => Assert.StartsWith("artifacts/bin/", app.Command[1], StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Each_folder_has_the_same_components(string folder)
    {
        var components = Read(folder);
        Assert.Equal(ComponentNames, components.Select(component => component.Name).Distinct().Order());
        Assert.All(["registry", "validator-1"], app => Assert.Single(components, component => component.GetFlag("actorStateStore") && component.IsVisibleTo(app)));
    }

    [Theory]
    [InlineData("azure", "pubsub.azure.servicebus.topics")]
    [InlineData("emulators", "pubsub.redis")]
    public void Files_for_elsewhere_are_read_and_refused_for_what_is_not_here(string folder, string missing)
    {
        var refused = Assert.Throws<ConfigurationException>(() => ComponentTypes.Require(Read(folder)));
        Assert.Contains($"is of type {missing}, which needs what is not on this machine", refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(ComponentTypes.Require(Read("local")));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Only_workers_read_the_work_queues_and_only_the_registry_writes_them(string folder)
    {
        foreach (var work in Read(folder).Where(component => component.Name.StartsWith("work-", StringComparison.Ordinal)))
        {
            Assert.Equal(work.IsVisibleTo("registry"), work.Get("direction", "") == "output");
            Assert.Equal(work.Scopes.Any(scope => scope.StartsWith("compute", StringComparison.Ordinal)), work.Get("direction", "") == "input");
            Assert.False(work.IsVisibleTo("gateway-text"));
        }
    }

    [Fact]
    public void The_resiliency_file_gives_policies()
    {
        var policies = ResiliencyPolicies.Read(Path.Combine(Dapr, "resiliency.yaml"));
        Assert.Equal(15, policies.ForComponentInbound("pubsub").Retry?.MaxRetries);
        string[] actors = ["SubnetActor", "MempoolActor", "ChannelActor", "RequestActor", "PaymentsActor", "BatchActor", "GuestActor"];
        Assert.All(actors, actor => Assert.Equal(TimeSpan.FromSeconds(30), policies.ForActor(actor).Timeout));
        Assert.NotNull(policies.ForApp("registry").Breaker);
        Assert.True(policies.ForApp("registry").Retry!.Statuses!.Contains(503));
        Assert.False(policies.ForApp("registry").Retry!.Statuses!.Contains(500));
        Assert.Same(TargetPolicy.None, policies.ForApp("nobody"));
    }

    [Fact]
    public void The_configuration_file_parses() =>
        Assert.Single(YamlFile.ReadKind<Dictionary<string, object>>(Path.Combine(Dapr, "config.yaml"), "Configuration"));

    [Fact]
    public void A_wrong_file_is_named_with_its_line()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "version: 1\napps:\n  - appID: x\n    appPort: abc\n");
        var error = Assert.Throws<ConfigurationException>(() => RunTemplate.Read(path));
        Assert.Contains("line 4", error.Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void Subscription_files_are_read()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "s.yaml"), """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: s }
            spec:
              pubsubname: pubsub
              topic: mempool
              routes: { rules: [{ match: event.type == "a", path: /a }], default: /b }
              deadLetterTopic: dead
            scopes: [registry]
            """);
        var (subscription, scopes) = Assert.Single(SubscriptionFiles.Read(folder));
        Assert.Equal(("mempool", "dead", 2, "registry"), (subscription.Topic, subscription.DeadLetterTopic, subscription.Rules.Count, scopes[0]));
        Directory.Delete(folder, recursive: true);
    }

    private static IReadOnlyList<Component> Read(string folder) =>
        new ComponentFiles(name => name == "NCN_AZURITE_QUEUES" ? "http://127.0.0.1:10001" : null, (_, _, _) => null)
            .Read(Path.Combine(Dapr, "components", folder), _ => true);
}
