using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Ncn.Chain.Tests.Support;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests.Rpc;

/// <summary>Several nodes, of which some are dead, late, slow, busy or of another chain.</summary>
public sealed class FailoverTests(LocalChain local) : IClassFixture<LocalChain>
{
    // Bound and not listening: nobody answers there, and nobody else gets the port.
    private static readonly Socket Silent = Bind();

    [Fact]
    public async Task A_dead_and_a_lagging_node_are_passed_over()
    {
        await using var late = await RpcProxy.StartAsync(local.Settings.Rpc);
        late.Answer = async (request, forward) => (string)request["method"]! == "eth_blockNumber" ? RpcProxy.Result("0x0") : await forward();
        await new Forknet(local.Minter.Chain).MineAsync(20);
        using var chain = Connect(Dead(), late.Url, local.Settings.Rpc);

        Assert.True(await chain.ReadEtherAsync(local.Minter.Address) > 0);

        Assert.DoesNotContain("eth_getBalance", late.Asked);
    }

    [Fact]
    public async Task A_node_a_few_blocks_behind_serves_in_its_order()
    {
        await using var first = await RpcProxy.StartAsync(local.Settings.Rpc);
        await using var second = await RpcProxy.StartAsync(local.Settings.Rpc);
        using var chain = Connect(first.Url, second.Url);

        await chain.ReadEtherAsync(local.Minter.Address);

        Assert.Contains("eth_getBalance", first.Asked);
        Assert.DoesNotContain("eth_getBalance", second.Asked);
    }

    [Fact]
    public async Task A_node_that_fails_is_avoided_for_a_while_and_then_tried_again()
    {
        await using var shaky = await RpcProxy.StartAsync(local.Settings.Rpc);
        var time = new PacedTime();
        using var chain = new ChainConnection(local.Settings with { Rpc = shaky.Url, FallbackRpcs = [local.Settings.Rpc] }, null, null, time, static () => 0);
        await chain.ReadEtherAsync(local.Minter.Address);
        shaky.Answer = static (_, _) => Task.FromResult<JsonNode?>(null);
        await chain.ReadEtherAsync(local.Minter.Address);
        shaky.Answer = static async (_, forward) => await forward();
        shaky.Asked.Clear();

        await chain.ReadEtherAsync(local.Minter.Address);
        Assert.DoesNotContain("eth_getBalance", shaky.Asked);
        time.Advance(TimeSpan.FromSeconds(16));
        await chain.ReadEtherAsync(local.Minter.Address);
        Assert.Contains("eth_getBalance", shaky.Asked);
    }

    [Fact]
    public async Task A_node_of_another_chain_is_refused_and_named()
    {
        await using var foreign = await RpcProxy.StartAsync(local.Settings.Rpc);
        foreign.Answer = async (request, forward) => (string)request["method"]! == "eth_chainId" ? RpcProxy.Result("0x1") : await forward();
        using var both = Connect(foreign.Url, local.Settings.Rpc);
        await both.ReadEtherAsync(local.Minter.Address);
        Assert.DoesNotContain("eth_getBalance", foreign.Asked);

        using var alone = Connect(foreign.Url);
        var refused = await Assert.ThrowsAsync<ChainUnavailableException>(() => alone.ReadEtherAsync(local.Minter.Address));
        Assert.Contains("serves chain 1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1UL, await alone.ReadChainIdAsync());
    }

    [Theory]
    [InlineData(-32005, "limit exceeded")]
    [InlineData(429, "slow down")]
    [InlineData(-32000, "header not found")]
    public async Task A_busy_or_forgetful_node_is_followed_by_the_next(int code, string message)
    {
        await using var busy = await RpcProxy.StartAsync(local.Settings.Rpc);
        busy.Answer = async (request, forward) => (string)request["method"]! == "eth_getBalance" ? RpcProxy.Error(code, message) : await forward();
        using var chain = Connect(busy.Url, local.Settings.Rpc);

        Assert.True(await chain.ReadEtherAsync(local.Minter.Address) > 0);
    }

    [Fact]
    public async Task A_refusal_is_an_answer_and_not_asked_twice()
    {
        await using var first = await RpcProxy.StartAsync(local.Settings.Rpc);
        await using var second = await RpcProxy.StartAsync(local.Settings.Rpc);
        using var chain = Connect(first.Url, second.Url);

        await Assert.ThrowsAsync<ContractRevertedException>(() => new Registry.ValidatorRegistryContract(chain).ReadSubnetAsync(new(4711)));

        Assert.Equal(1, first.Asked.Concat(second.Asked).Count(method => method == "eth_call"));
    }

    [Fact]
    public async Task A_node_that_never_answers_is_given_up_in_time()
    {
        await using var mute = await RpcProxy.StartAsync(local.Settings.Rpc);
        var never = new TaskCompletionSource<JsonNode?>();
        mute.Answer = (_, _) => never.Task;
        var limits = new ChainLimits { RequestTimeoutSeconds = 1, Rounds = 1 };
        using var chain = new ChainConnection(local.Settings with { Rpc = mute.Url, Limits = limits }, null, null, new PacedTime());

        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadEtherAsync(local.Minter.Address));
        never.SetResult(null);
    }

    [Fact]
    public async Task An_answer_beyond_the_bound_is_refused()
    {
        await using var huge = await RpcProxy.StartAsync(local.Settings.Rpc);
        huge.Answer = async (request, forward) =>
            (string)request["method"]! == "eth_getCode" ? RpcProxy.Result("0x" + new string('a', 100_000)) : await forward();
        using var chain = new ChainConnection(local.Settings with { Rpc = huge.Url, Limits = new ChainLimits { MaxAnswerBytes = 65_536, Rounds = 1 } });

        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadCodeAsync(local.Settings.Token));
        huge.Answer = static async (_, forward) => await forward();
        Assert.NotEmpty(await chain.ReadCodeAsync(local.Settings.Token));
    }

    [Fact]
    public async Task Requests_take_turns()
    {
        // The clock starts before the bucket does: what drips in meanwhile counts.
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var chain = new ChainConnection(local.Settings with { Limits = new ChainLimits { RequestsPerSecond = 20 } });

        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => chain.ReadEtherAsync(local.Minter.Address)));

        // The bucket holds twenty; the rest comes two in a tenth of a second.
        Assert.True(clock.Elapsed > TimeSpan.FromMilliseconds(300), clock.Elapsed.ToString());
    }

    [Fact]
    public async Task Retries_are_spread_by_the_given_jitter()
    {
        var time = new PacedTime();
        var begun = time.GetUtcNow();
        using var chain = new ChainConnection(local.Settings with { Rpc = Dead() }, null, null, time, static () => 1);

        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadEtherAsync(local.Minter.Address));

        Assert.Equal(TimeSpan.FromMilliseconds(400), time.GetUtcNow() - begun);
    }

    [Fact]
    public async Task Keys_in_addresses_are_not_told()
    {
        using var chain = Connect(new Uri(Dead(), "/v2/secret-key"));
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadEtherAsync(local.Minter.Address));
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_addresses_and_limits_are_read()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Ncn:Chain:Rpc"] = "http://one:1, https://two/key,http://three",
            ["Ncn:Chain:ChainId"] = "1",
            ["Ncn:Chain:Token"] = local.Settings.Token.ToString(),
            ["Ncn:Chain:InferencePayment"] = local.Settings.InferencePayment.ToString(),
            ["Ncn:Chain:ValidatorRegistry"] = local.Settings.ValidatorRegistry.ToString(),
            ["Ncn:Chain:RequestsPerSecond"] = "25",
            ["Ncn:Chain:BumpAfterSeconds"] = "90",
        };

        var read = ChainSettings.Read(key => settings.GetValueOrDefault(key));

        Assert.Equal(["http://one:1/", "https://two/key", "http://three/"], read.Endpoints.Select(url => url.AbsoluteUri));
        Assert.Equal(new ChainLimits { RequestsPerSecond = 25, BumpAfterSeconds = 90 }, read.Limits);
    }

    private ChainConnection Connect(Uri first, params Uri[] others) =>
        new(local.Settings with { Rpc = first, FallbackRpcs = [.. others] }, null, null, new PacedTime(), static () => 0);

    private static Uri Dead() => new($"http://127.0.0.1:{((IPEndPoint)Silent.LocalEndPoint!).Port}");

    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
