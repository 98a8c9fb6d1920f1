using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Tests.Discovery;

/// <summary>Registries of different operators on one machine: what one's gateway announces is found by the other's, and the two ports stay apart.</summary>
public sealed class DiscoveryHostTests : IDisposable
{
    private readonly HttpClient _http = new();
    private readonly List<string> _folders = [];

    public void Dispose()
    {
        _http.Dispose();
        _folders.ForEach(static folder => Directory.Delete(folder, recursive: true));
    }

    [Fact]
    public async Task A_gateway_that_is_announced_to_one_registry_is_found_through_another_by_name_subnet_operator_and_digest()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync(await UrlOfAsync(one));
        await UntilAsync(async () => (await PeersAsync(two)).GetArrayLength() == 1, "The second registry does not know the first.");
        using var owner = new Signer(RandomNumberGenerator.GetBytes(32));
        var record = Record(one, owner, 1, "tiny-chat");
        Assert.Equal(HttpStatusCode.Accepted, (await _http.PostAsJsonAsync(At(one, "discovery/adverts"), new OwnAdvert(record), ProtocolJson.Options)).StatusCode);
        var queries = new[] { "name=tiny-chat", "subnet=1", $"operator={owner.Address}", $"model={new Hash32(new byte[32])}", "" };
        foreach (var query in queries)
        {
            await UntilAsync(async () => (await FindAsync(two, query))?.Gateways is [{ } found] && found.Signature == record.Signature, $"Not found by {query}.");
        }

        Assert.Empty((await FindAsync(two, "name=other"))!.Gateways);
        var known = await FindAsync(two, "");
        Assert.Equal(HttpStatusCode.NoContent, (await _http.GetAsync(At(two, $"discovery/gateways?known={known!.Version}"))).StatusCode);
        Assert.Empty(known.Nodes);
    }

    [Fact]
    public async Task A_record_that_its_operator_did_not_sign_is_announced_nowhere()
    {
        await using var registry = await StartAsync();
        using var owner = new Signer(RandomNumberGenerator.GetBytes(32));
        var signed = Record(registry, owner, 1, "tiny-chat");
        var forged = new Signed<GatewayRecord>(signed.Message with { Url = "https://thief.example" }, signed.Signature);
        Assert.Equal(HttpStatusCode.BadRequest, (await _http.PostAsJsonAsync(At(registry, "discovery/adverts"), new OwnAdvert(forged), ProtocolJson.Options)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _http.PostAsync(At(registry, "discovery/adverts"), new StringContent("[]"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _http.GetAsync(At(registry, "discovery/gateways?subnet=x"))).StatusCode);
        Assert.Empty((await FindAsync(registry, ""))!.Gateways);
    }

    [Fact]
    public async Task The_public_port_and_the_apps_port_answer_nothing_of_each_other()
    {
        await using var registry = await StartAsync();
        var url = await UrlOfAsync(registry);
        foreach (var path in new[] { "discovery/gateways", "dapr/config", "healthz", "readyz", "topics/mempool" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(new Uri($"{url}/{path}"))).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(At(registry, "ncn/v1/discovery"))).StatusCode);
    }

    [Fact]
    public async Task A_registry_without_a_port_keeps_to_itself()
    {
        await using var registry = await RegistryFixture.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(At(registry, "discovery/gateways"))).StatusCode);
    }

    [Fact]
    public async Task The_peers_own_key_is_made_once_and_for_its_owner_alone()
    {
        var folder = Keys();
        await (await StartAsync(null, folder)).DisposeAsync();
        var path = Path.Combine(folder, "discovery.key");
        var made = await File.ReadAllTextAsync(path);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await (await StartAsync(null, folder)).DisposeAsync();
        Assert.Equal(made, await File.ReadAllTextAsync(path));
        Assert.Single(Directory.GetFiles(folder, "discovery.key*"));
    }

    private static Uri At(RegistryFixture registry, string path) => new(registry.Sidecar.App!, path);

    private static Signed<GatewayRecord> Record(RegistryFixture registry, Signer owner, uint subnet, string model)
    {
        var now = (ulong)registry.Time.GetUtcNow().ToUnixTimeMilliseconds();
        return owner.Sign(
            new GatewayRecord(owner.Address, 1, subnet, "https://gateway.example", [new GatewayModel(model, default)], now, now + 60_000), RegistryFixture.NetworkDomain);
    }

    private string Keys()
    {
        var folder = Directory.CreateTempSubdirectory("ncn-discovery-").FullName;
        _folders.Add(folder);
        var path = Path.Combine(folder, "gateway.key");
        File.WriteAllText(path, $"0x{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return folder;
    }

    private Task<RegistryFixture> StartAsync(string? bootstrap = null, string? folder = null)
    {
        folder ??= Keys();
        return RegistryFixture.StartAsync(
            ("Ncn:Discovery:Port", "0"), ("Ncn:Keys:Directory", folder), ("Ncn:State:Directory", folder), ("Ncn:Discovery:Bootstrap", bootstrap ?? ""));
    }

    private async Task<string> UrlOfAsync(RegistryFixture registry) =>
        (await _http.GetFromJsonAsync<JsonElement>(At(registry, "discovery/peers"))).GetProperty("self").GetProperty("message").GetProperty("url").GetString()!;

    private async Task<JsonElement> PeersAsync(RegistryFixture registry) => (await _http.GetFromJsonAsync<JsonElement>(At(registry, "discovery/peers"))).GetProperty("peers");

    private Task<FoundAdverts?> FindAsync(RegistryFixture registry, string query) =>
        _http.GetFromJsonAsync<FoundAdverts>(At(registry, $"discovery/gateways?{query}"), ProtocolJson.Options);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(60), what);
            await Task.Delay(10);
        }
    }
}
