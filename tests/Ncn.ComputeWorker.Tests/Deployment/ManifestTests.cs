using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Ncn.ComputeWorker.Tests.Deployment;

/// <summary>The files that contain a node, read as Kubernetes, Compose and Docker read them.</summary>
public sealed partial class ManifestTests
{
    private static readonly YamlMappingNode Pod = At(Read("stateful-set.yaml"), "spec", "template", "spec");
    private static readonly YamlMappingNode Container = (YamlMappingNode)((YamlSequenceNode)Pod["containers"]).Single();
    private static readonly YamlMappingNode Compose = At(Read("compose.yaml"), "services", "compute");
    private static readonly string[] Dockerfile = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "deployment", "Dockerfile"));

    [Fact]
    public void A_pod_runs_as_nobody_with_nothing_and_cannot_get_more()
    {
        YamlMappingNode pod = At(Pod, "securityContext");
        Assert.Equal("true", Text(pod, "runAsNonRoot"));
        Assert.Equal("10001", Text(pod, "runAsUser"));
        Assert.Equal("RuntimeDefault", Text(At(pod, "seccompProfile"), "type"));
        Assert.Equal("false", Text(Pod, "automountServiceAccountToken"));
        YamlMappingNode container = At(Container, "securityContext");
        Assert.Equal("false", Text(container, "allowPrivilegeEscalation"));
        Assert.Equal("false", Text(container, "privileged"));
        Assert.Equal("true", Text(container, "readOnlyRootFilesystem"));
        Assert.Equal(["ALL"], Texts(At(container, "capabilities")["drop"]));
    }

    [Fact]
    public void A_pod_has_limits_and_nothing_of_its_node()
    {
        YamlMappingNode limits = At(Container, "resources", "limits");
        Assert.All(["cpu", "memory", "ephemeral-storage"], name => Assert.NotEmpty(Text(limits, name)));
        Assert.All(["hostNetwork", "hostPID", "hostIPC"], name => Assert.False(Pod.Children.ContainsKey(name)));
        Assert.DoesNotContain(((YamlSequenceNode)Pod["volumes"]).Cast<YamlMappingNode>(), volume => volume.Children.ContainsKey("hostPath"));
        YamlMappingNode models = ((YamlSequenceNode)Container["volumeMounts"]).Cast<YamlMappingNode>().Single(mount => Text(mount, "name") == "models");
        Assert.Equal("true", Text(models, "readOnly"));
    }

    [Fact]
    public void A_pod_is_not_killed_before_it_has_drained()
    {
        int drain = int.Parse(Environment("Ncn__Worker__DrainSeconds"), System.Globalization.CultureInfo.InvariantCulture);
        int grace = int.Parse(Text(Pod, "terminationGracePeriodSeconds"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(grace >= drain + WorkerSetup.AfterDrain.TotalSeconds, $"{grace} s for a drain of {drain} s");
        Assert.Equal("required", Environment("Ncn__Worker__Containment"));
        Assert.Equal("on", Environment("Ncn__Worker__Tls"));
    }

    [Fact]
    public void Only_gateways_and_monitoring_reach_a_pod()
    {
        YamlMappingNode policy = At(Read("network-policy.yaml"), "spec");
        Assert.Equal(["Ingress", "Egress"], Texts(policy["policyTypes"]));
        Assert.All(((YamlSequenceNode)policy["ingress"]).Cast<YamlMappingNode>(), rule =>
        {
            Assert.True(rule.Children.ContainsKey("from"), "an ingress rule without a source lets everybody in");
            Assert.True(rule.Children.ContainsKey("ports"));
        });
    }

    [Fact]
    public void Compose_contains_it_alike()
    {
        Assert.Equal("true", Text(Compose, "read_only"));
        Assert.Equal("10001:10001", Text(Compose, "user"));
        Assert.Equal(["ALL"], Texts(Compose["cap_drop"]));
        Assert.Equal(["no-new-privileges:true"], Texts(Compose["security_opt"]));
        Assert.All(["pids_limit", "mem_limit", "memswap_limit"], name => Assert.NotEmpty(Text(Compose, name)));
        Assert.Contains("./models:/models:ro", Texts(Compose["volumes"]));
        Assert.False(Compose.Children.ContainsKey("privileged"));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void An_image_runs_unprivileged_from_pinned_bases_with_the_official_packages(string target)
    {
        string[] stage = [.. Dockerfile.SkipWhile(line => !line.EndsWith($" AS {target}", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => !line.StartsWith("FROM ", StringComparison.Ordinal))];
        Assert.Contains("USER 10001:10001", stage);
        Assert.Contains(stage, line => line.Contains("Ncn__Worker__Containment=required", StringComparison.Ordinal));
        Assert.Contains(stage, line => line.Contains($"ExecutionProvider={target.ToUpperInvariant()}", StringComparison.Ordinal));
        Assert.DoesNotContain(stage, line => line.StartsWith("RUN", StringComparison.Ordinal) && Array.IndexOf(stage, line) > Array.IndexOf(stage, "USER 10001:10001"));
        Assert.All(Dockerfile.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)), line => Assert.Matches(PinnedBase(), line));
        Assert.Contains(Dockerfile, line => line.Contains("-p:OfficialPackages=true", StringComparison.Ordinal));
    }

    private static string Environment(string name) => ((YamlSequenceNode)Container["env"]).Cast<YamlMappingNode>()
        .Where(entry => Text(entry, "name") == name).Select(entry => Text(entry, "value")).Single();

    private static YamlMappingNode Read(string file)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "deployment", file));
        stream.Load(reader);
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    private static YamlMappingNode At(YamlMappingNode node, params string[] path) => path.Aggregate(node, (at, name) => (YamlMappingNode)at[name]);

    private static string Text(YamlMappingNode node, string name) => ((YamlScalarNode)node[name]).Value!;

    private static string[] Texts(YamlNode sequence) => [.. ((YamlSequenceNode)sequence).Select(item => ((YamlScalarNode)item).Value!)];

    [GeneratedRegex(@"^FROM \S+:\d\S* AS \w+$")]
    private static partial Regex PinnedBase();
}
