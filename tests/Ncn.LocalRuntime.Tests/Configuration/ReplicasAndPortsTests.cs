using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests.Configuration;

public sealed class ReplicasAndPortsTests
{
    private static readonly AppSpec[] Apps = [Spec("registry", 3600, 3500, 0), Spec("compute-1", 8091, 3504, 8090), Spec("compute-2", 8093, 3505, 8092)];

    [Theory]
    [InlineData(0, "registry")]
    [InlineData(1, "registry compute-1")]
    [InlineData(2, "registry compute-1 compute-2")]
    [InlineData(4, "registry compute-1 compute-2 compute-3 compute-4")]
    [InlineData(null, "registry compute-1 compute-2")]
    public void Workers_are_dropped_or_cloned(int? wanted, string expected) =>
        Assert.Equal(expected, string.Join(' ', Replicas.Apply(Apps, wanted, null).Select(app => app.AppId)));

    [Fact]
    public void A_clone_has_its_own_ports_and_index_and_the_scopes_of_its_original()
    {
        var clone = Replicas.Apply(Apps, 4, null)[^1];
        Assert.Equal(("compute-4", "compute-2", 8097, 3507), (clone.AppId, clone.ScopeId, clone.AppPort, clone.DaprHttpPort));
        Assert.Equal(("8096", "4"), (clone.Environment["Ncn__Worker__GrpcPort"], clone.Environment["Ncn__Worker__Index"]));
    }

    [Fact]
    public void A_clone_of_a_worker_without_a_port_has_none() =>
        Assert.Equal(0, Replicas.Apply([Spec("compute-1", 0, 3504, 0)], 2, null)[^1].AppPort);

    [Fact]
    public void Chosen_apps_run_beside_the_workers_and_the_others_addresses_leave_the_lists()
    {
        AppSpec[] apps =
        [
            .. Apps.Select(static app => app with
            {
                Environment = new Dictionary<string, string> { ["Gateways"] = "http://127.0.0.1:8080,http://127.0.0.1:8082", ["Peers"] = "http://127.0.0.1:8082", ["None"] = "" },
            }),
            Spec("gateway-text", 8080, 3501, 0), Spec("gateway-vision", 8082, 3502, 0),
        ];
        var chosen = ChosenApps.Apply(apps, new HashSet<string> { "registry", "gateway-text" });
        Assert.Equal("registry compute-1 compute-2 gateway-text", string.Join(' ', chosen.Select(static app => app.AppId)));
        Assert.Equal("http://127.0.0.1:8080", chosen[0].Environment["Gateways"]);
        Assert.False(chosen[0].Environment.ContainsKey("Peers"));
        Assert.Equal("", chosen[0].Environment["None"]);
        Assert.Equal(5, ChosenApps.Apply(apps, new HashSet<string>()).Count);
        var unknown = Assert.Throws<ConfigurationException>(() => ChosenApps.Apply(apps, new HashSet<string> { "gateway-sound" }));
        Assert.Contains("gateway-sound", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_two_apps_of_the_shipped_template_share_a_port_with_any_number_of_workers_and_validators()
    {
        var template = RunTemplate.Read(Path.Combine(RunningNetwork.Root, "dapr", "dapr.yaml"));
        var ports = Replicas.Apply(template, 64, 16).SelectMany(PortMap.PortsOf).ToArray();
        Assert.Equal(ports.Length, ports.Distinct().Count());
    }

    [Theory]
    [InlineData(0, "", null)]
    [InlineData(4, "verifier validator-1 validator-2 validator-3 validator-4", "3610 3612 3614 3616")]
    [InlineData(6, "verifier validator-1 validator-2 validator-3 validator-4 validator-5 validator-6", "3610 3612 3614 3616 3618 3620")]
    [InlineData(null, "verifier validator-1 validator-2 validator-3 validator-4", "3610 3612 3614 3616")]
    public void Validators_are_there_when_they_are_asked_for_and_everybody_who_lists_them_lists_those(int? wanted, string expected, string? listed)
    {
        var template = RunTemplate.Read(Path.Combine(RunningNetwork.Root, "dapr", "dapr.yaml"));
        var chosen = Replicas.Apply(template, null, wanted);
        Assert.Equal(expected, string.Join(' ', chosen.Select(static app => app.AppId).Where(static name => name.StartsWith('v'))));

        var list = chosen.Single(static app => app.AppId == "gateway-text").Environment.GetValueOrDefault("Ncn__Gateway__Validators");
        Assert.Equal(listed, list?.Replace("http://127.0.0.1:", "", StringComparison.Ordinal).Replace(',', ' '));
        Assert.All(chosen.Where(static app => app.AppId.StartsWith("validator-", StringComparison.Ordinal)), app =>
        {
            Assert.Equal(chosen.Count(static each => each.AppId.StartsWith("validator-", StringComparison.Ordinal)), app.Environment["Ncn__Validator__Peers"].Split(',').Length);
            Assert.Contains($"http://127.0.0.1:{app.AppPort}", app.Environment["Ncn__Validator__Peers"].Split(','));
            Assert.Equal($"consensus-{app.AppId}.key", app.Environment["Ncn__Validator__KeyFile"]);
            Assert.Equal(app.AppId, "validator-" + app.Environment["Ncn__Validator__Index"]);
        });
    }

    [Fact]
    public void Validators_count_as_asked_for_whatever_apps_are_chosen()
    {
        var template = RunTemplate.Read(Path.Combine(RunningNetwork.Root, "dapr", "dapr.yaml"));
        var chosen = Replicas.Apply(ChosenApps.Apply(template, new HashSet<string> { "registry", "gateway-vision" }), 1, 4);
        Assert.Equal("registry gateway-vision verifier compute-1 validator-1 validator-2 validator-3 validator-4", string.Join(' ', chosen.Select(static app => app.AppId)));
    }

    [Fact]
    public void An_offset_moves_ports_and_the_addresses_in_the_environment()
    {
        var app = Apps[1] with { Environment = new Dictionary<string, string> { ["URLS"] = "http://127.0.0.1:3600,http://127.0.0.1:9999", ["GRPC_PORT"] = "8090", ["COUNT"] = "8090" } };
        var moved = PortMap.Shifted(Apps.SelectMany(PortMap.PortsOf), 1000).Apply(app);
        Assert.Equal((9091, 4504), (moved.AppPort, moved.DaprHttpPort));
        Assert.Equal("http://127.0.0.1:4600,http://127.0.0.1:9999", moved.Environment["URLS"]);
        Assert.Equal(("9090", "8090"), (moved.Environment["GRPC_PORT"], moved.Environment["COUNT"]));
    }

    [Fact]
    public void The_system_chooses_different_ports()
    {
        var ports = PortMap.SystemChosen(Enumerable.Range(1, 50));
        Assert.Equal(50, Enumerable.Range(1, 50).Select(port => ports[port]).Distinct().Count());
    }

    [Theory]
    [InlineData("1h2m3.5s", 3723.5)]
    [InlineData("0h0m5s0ms", 5)]
    [InlineData("200ms", 0.2)]
    [InlineData("-1s", -1)]
    [InlineData("PT1M30S", 90)]
    [InlineData("P1W", 604800)]
    [InlineData("30", 30)]
    public void Durations_are_read_in_every_form(string text, double seconds) => Assert.Equal(seconds, Durations.Parse(text).TotalSeconds, 6);

    [Theory]
    [InlineData("")]
    [InlineData("5 s")]
    [InlineData("PX")]
    [InlineData("5parsecs")]
    [InlineData("99999999999h")]
    [InlineData("999999999999h999999999999h")]
    [InlineData("1e300")]
    [InlineData("Infinity")]
    [InlineData("P200Y")]
    public void What_is_no_duration_is_refused(string text) => Assert.Throws<FormatException>(() => Durations.Parse(text));

    private static AppSpec Spec(string id, int port, int dapr, int grpc) => new()
    {
        AppId = id,
        Directory = "/",
        Command = ["true"],
        AppPort = port,
        DaprHttpPort = dapr,
        Environment = grpc == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["Ncn__Worker__GrpcPort"] = $"{grpc}", ["Ncn__Worker__Index"] = id[^1..] },
    };
}
