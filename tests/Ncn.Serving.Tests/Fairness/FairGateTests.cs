using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Fairness;
using Ncn.Serving.Hosting;
using Ncn.Serving.Observability;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Tests.Fairness;

/// <summary>The gate's waiting, leaving and refusing; who goes first is the pure core's, and tested there.</summary>
public sealed class FairGateTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System).AddSingleton<GatewayMetrics>().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task As_many_pass_as_there_are_places_and_the_next_waits_until_one_is_given_back()
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 1 });
        var first = await EnterAsync(gate, "10.0.0.1");
        using var second = await EnterAsync(gate, "10.0.0.1");
        Assert.Equal(TimeSpan.Zero, first.Waited);
        var third = EnterAsync(gate, "10.0.0.2").AsTask();
        Assert.False(third.IsCompleted);
        first.Dispose();
        first.Dispose();
        using var pass = await third;
        Assert.True(pass.Waited > TimeSpan.Zero);
        var fourth = EnterAsync(gate, "10.0.0.2").AsTask();
        Assert.False(fourth.IsCompleted);
        second.Dispose();
        (await fourth).Dispose();
    }

    [Fact]
    public async Task Who_asks_for_one_node_finds_its_places_when_it_is_the_first_and_does_not_take_those_of_the_others_away()
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 0, WaitSeconds = 1 });
        (await EnterAsync(gate, "10.0.0.1", only: true)).Dispose();
        using var one = await EnterAsync(gate, "10.0.0.1", slots: 2);
        using var other = await EnterAsync(gate, "10.0.0.1", only: true);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (one.Waited, other.Waited));
    }

    [Fact]
    public async Task Payer_with_too_many_waiting_gets_429_and_a_full_line_503_with_advice_when_to_repeat()
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 0, MaxWaitingPerPayer = 1, MaxWaiting = 1 });
        var running = await EnterAsync(gate, "10.0.0.1");
        var waiting = EnterAsync(gate, "10.0.0.1").AsTask();
        AssertRefused(429, "rate_limit_exceeded", await Assert.ThrowsAsync<ApiException>(() => EnterAsync(gate, "10.0.0.1").AsTask()));
        AssertRefused(503, "overloaded", await Assert.ThrowsAsync<ApiException>(() => EnterAsync(gate, "10.0.0.2").AsTask()));
        running.Dispose();
        (await waiting).Dispose();
    }

    [Fact]
    public async Task Who_has_waited_too_long_is_sent_away()
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 0, WaitSeconds = 1 });
        using var running = await EnterAsync(gate, "10.0.0.1");
        AssertRefused(503, "overloaded", await Assert.ThrowsAsync<ApiException>(() => EnterAsync(gate, "10.0.0.1").AsTask()));
    }

    [Fact]
    public async Task Who_goes_away_while_it_waits_takes_no_place()
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 0 });
        using var gone = new CancellationTokenSource();
        var running = await EnterAsync(gate, "10.0.0.1");
        var leaves = EnterAsync(gate, "10.0.0.1", gone: gone.Token).AsTask();
        var stays = EnterAsync(gate, "10.0.0.1").AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        running.Dispose();
        (await stays).Dispose();
        (await EnterAsync(gate, "10.0.0.3")).Dispose();
    }

    [Fact]
    public async Task What_is_left_of_a_payers_limit_is_told_and_is_each_payers_own()
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 10, MaxRunningPerPayer = 3, MaxWaitingPerPayer = 2 });
        using var first = await EnterAsync(gate, "10.0.0.1");
        using var second = await EnterAsync(gate, "10.0.0.1");
        using var other = await EnterAsync(gate, "10.0.0.2");
        Assert.Equal((5, 4, 3, 4), (first.Limit, first.Remaining, second.Remaining, other.Remaining));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 3)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", 4)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", 3)]
    [InlineData("10.0.0.1", "10.0.0.2", 4)]
    public async Task Unpaid_callers_are_told_apart_by_their_network(string one, string other, int remaining)
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 10, MaxRunningPerPayer = 3, MaxWaitingPerPayer = 2 });
        using var first = await EnterAsync(gate, one);
        using var second = await EnterAsync(gate, other);
        Assert.Equal(remaining, second.Remaining);
    }

    [Fact]
    public async Task Models_do_not_wait_for_each_other()
    {
        using var gate = Gate(new AdmissionOptions { OverflowSlots = 0 });
        using var one = await EnterAsync(gate, "10.0.0.1");
        using var other = await EnterAsync(gate, "10.0.0.1", model: "other");
        Assert.Equal(TimeSpan.Zero, other.Waited);
    }

    private static void AssertRefused(int status, string code, ApiException refused)
    {
        Assert.Equal((status, code), (refused.Error.Status, refused.Error.Code));
        Assert.InRange(refused.Error.RetryAfterSeconds, 1, 60);
    }

    private FairGate Gate(AdmissionOptions options) => new(Options.Create(options), _services.GetRequiredService<GatewayMetrics>(), TimeProvider.System);

    // One node serves every model, with one place if no more are said; only that node may be asked for.
    private static ValueTask<GatePass> EnterAsync(FairGate gate, string remote, string model = "tiny-chat", uint slots = 1, bool only = false, CancellationToken gone = default)
    {
        var offer = new ModelOffer(default, model, "1", ModelOffer.Decoder, ModelPrice.Free, 512, 1, 4096, "CPU", [], []);
        var node = new NodeRecord(default, 1, "127.0.0.1:1", [1], [offer], slots, default, 0, ulong.MaxValue);
        var call = new ClientCall { Route = "/", ResourceUrl = "http://localhost/", Remote = IPAddress.Parse(remote), Gone = gone };
        var order = new Order(model, "chat", new Input(), new Usage(10, 10, 0), 1, ReadOnlyMemory<byte>.Empty) { Node = only ? node.Operator : null };
        return gate.EnterAsync(call, order, new PricedOrder([new Candidate(node, offer, 1)], default, default), null);
    }
}
