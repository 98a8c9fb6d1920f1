using System.Net;

namespace Ncn.Registry.Tests;

public class HostTests
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task The_sidecar_learns_actors_and_topics()
    {
        await using var registry = await RegistryFixture.StartAsync();

        var config = await Http.GetStringAsync(new Uri(registry.Sidecar.App!, "dapr/config"));
        var topics = await Http.GetStringAsync(new Uri(registry.Sidecar.App!, "dapr/subscribe"));

        Assert.StartsWith("""{"entities":["SubnetActor","MempoolActor","ChannelActor","RequestActor","PaymentsActor","BatchActor","GuestActor"],"actorIdleTimeout":"0h10m0s0ms",""", config, StringComparison.Ordinal);
        Assert.Equal("""[{"topic":"mempool","pubsubName":"pubsub","route":"topics/mempool"},{"topic":"results","pubsubName":"pubsub","route":"topics/results"}]""", topics);
    }

    [Fact]
    public async Task It_is_alive_at_once_and_ready_with_its_sidecar()
    {
        var registry = await RegistryFixture.StartAsync();
        var app = registry.Sidecar.App!;

        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(new Uri(app, "healthz"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(new Uri(app, "readyz"))).StatusCode);
        await registry.Sidecar.DisposeAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Http.GetAsync(new Uri(app, "readyz"))).StatusCode);
        await registry.DisposeAsync();
    }

    [Fact]
    public async Task With_a_token_only_the_sidecar_gets_in()
    {
        await using var registry = await RegistryFixture.StartAsync(("APP_API_TOKEN", "secret"));
        var config = new Uri(registry.Sidecar.App!, "dapr/config");

        Assert.Equal(HttpStatusCode.Unauthorized, (await Http.GetAsync(config)).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, config) { Headers = { { "dapr-api-token", "secret" } } };
        Assert.Equal(HttpStatusCode.OK, (await Http.SendAsync(request)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(new Uri(registry.Sidecar.App!, "healthz"))).StatusCode);
    }

    [Fact]
    public async Task A_missing_chain_setting_is_named_at_start()
    {
        var failure = await Assert.ThrowsAsync<FormatException>(() => RegistryFixture.StartAsync(("Ncn:Chain:ChainId", "zero")));

        Assert.Contains("Ncn:Chain:ChainId", failure.Message, StringComparison.Ordinal);
    }
}
