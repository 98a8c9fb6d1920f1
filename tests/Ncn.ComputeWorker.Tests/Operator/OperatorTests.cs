using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Grpc.Core;
using Ncn.Tests.Escrow;
using Ncn.ComputeWorker.Operator;
using Ncn.ComputeWorker.Payments;
using Ncn.ComputeWorker.Tests.Direct;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Tests.Operator;

[Collection(NetworkGroup.Name)]
public sealed class OperatorTests(NetworkFixture network)
{
    [Fact]
    public async Task The_operators_endpoints_want_the_token()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await network.Worker.Http.GetAsync("/ncn/v1/node/status")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(network.Worker, HttpMethod.Post, "claim", "wrong")).StatusCode);
        NodeStatus status = await ReadAsync<NodeStatus>(await SendAsync(network.Worker, HttpMethod.Get, "status"));
        Assert.Equal((network.Worker.Address, 2), (status.Operator, status.Models.Count));
    }

    [Fact]
    public async Task What_was_earned_is_claimed_on_chain_to_the_unit_after_a_restart_too()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(10));
        Party party = await network.NewPartyAsync(0);
        ulong earned;
        string state;
        await using (TestWorker first = await TestWorker.StartAsync(party, gateway))
        {
            await gateway.FundAsync(first.Address, LocalChain.Dollar);
            earned = await EarnAsync(gateway, first, total: 10_000) + await EarnAsync(gateway, first, total: 20_000);
            state = first.State;
            await first.StopAsync();
        }

        await using TestWorker worker = await TestWorker.StartAsync(party, gateway, state);
        Assert.Equal(earned, (ulong)(await ReadAsync<NodeStatus>(await SendAsync(worker, HttpMethod.Get, "status"))).Earned.Units);

        ClaimReport report = await ReadAsync<ClaimReport>(await SendAsync(worker, HttpMethod.Post, "claim"));
        Assert.Equal(new TokenAmount(earned), Assert.Single(report.Claims).Amount);
        Assert.Equal(new TokenAmount(earned), report.Settled);
        Assert.Equal(earned, await party.DollarsAsync());
        Assert.Empty((await ReadAsync<ClaimReport>(await SendAsync(worker, HttpMethod.Post, "claim"))).Claims);
    }

    [Fact]
    public async Task On_a_network_without_prices_a_known_gateway_needs_no_voucher_and_a_stranger_is_refused()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, ("Ncn:Network:FreeOfCharge", "true"));
        Signed<NodeRecord> record = await Eventually.NextAsync(gateway.Joins);
        Assert.All(record.Message.Models, model => Assert.True(model.Price.IsFree));

        byte[] input = Inputs.Chat();
        Delivery delivery = await DirectRun.RunAsync(
            worker.Compute, DirectRun.Request(gateway.Job(worker.Address, worker.TinyChat, input, 0), null, input), worker.TinyChat, new Usage(2000, 1000, 0), network.Domain);
        Assert.Equal(0ul, delivery.Price);

        RpcException refusal = await DirectRun.RefusedAsync(
            worker.Compute, DirectRun.Request(network.Gateway.Job(worker.Address, worker.TinyChat, input, 0), null, input));
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
    }

    [Fact]
    public async Task A_full_node_says_so_and_a_stopping_one_lets_its_job_end()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(10));
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, ("Ncn:Worker:Slots", "1"));
        await gateway.FundAsync(worker.Address, LocalChain.Dollar);
        byte[] input = Inputs.Long();
        RunningFirst? started = null;
        Task<Delivery> first = DirectRun.RunAsync(
            worker.Compute, Order(gateway, worker, input, 10_000), worker.TinyChat, new Usage(2000, 1000, 0), network.Domain, async chunk =>
            {
                if (started is null)
                {
                    started = new RunningFirst((await DirectRun.RefusedAsync(worker.Compute, Order(gateway, worker, input, 20_000))).StatusCode, worker.StopAsync());
                }
            });

        Assert.True((await first).Tokens.Length > 0);
        await started!.Stopped;
        Assert.Equal(StatusCode.ResourceExhausted, started.Second);
        Assert.Single(worker.Ledger.Channels);
    }

    private sealed record RunningFirst(StatusCode Second, Task Stopped);

    private async Task<ulong> EarnAsync(TestGateway gateway, TestWorker worker, ulong total)
    {
        byte[] input = Inputs.Chat();
        Delivery delivery = await DirectRun.RunAsync(
            worker.Compute, Order(gateway, worker, input, total), worker.TinyChat, new Usage(2000, 1000, 0), network.Domain);
        return delivery.Price;
    }

    private static Ncn.Protocol.Grpc.RunRequest Order(TestGateway gateway, TestWorker worker, byte[] input, ulong total) =>
        DirectRun.Request(gateway.Job(worker.Address, worker.TinyChat, input, 10_000), gateway.Pay(worker.Address, total), input);

    private static async Task<HttpResponseMessage> SendAsync(TestWorker worker, HttpMethod method, string path, string token = TestWorker.OperatorToken)
    {
        using var request = new HttpRequestMessage(method, "/ncn/v1/node/" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await worker.Http.SendAsync(request);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<T>(ProtocolJson.Options))!;
    }
}
