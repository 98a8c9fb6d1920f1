using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A queued answer is kept before it is charged, and what is kept is charged once, whoever dies in between.</summary>
public sealed class JobDeliveryTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly JobDesk _desk = new();

    private MemoryChannel Client => _desk.Gateway.ClientLedger;

    private MemoryChannel Node => _desk.Gateway.NodeLedger;

    private MemoryRequest Asked => _desk.Gateway.Actors.Request(JobDesk.Request);

    public void Dispose() => _desk.Dispose();

    [Fact]
    public async Task Nothing_is_charged_for_an_answer_that_is_not_kept()
    {
        await BeginAsync();
        var charged = new List<TokenAmount>();
        Asked.BeforeKeep = async () =>
        {
            await _desk.Gateway.FlushAsync();
            charged.Add(Client.State.Charged);
            if (charged.Count == 1)
            {
                throw new HttpRequestException("The registry is not there.");
            }
        };

        Assert.Equal(200, await _desk.DeliverAsync(_desk.Result()).WaitAsync(Limit));

        Assert.Equal([TokenAmount.Zero, TokenAmount.Zero], charged);
        await CheckPaidAsync();
    }

    [Fact]
    public async Task An_answer_whose_keeping_was_not_heard_is_charged()
    {
        await BeginAsync();
        var lost = 0;
        Asked.AfterKeep = () => lost++ == 0 ? throw new HttpRequestException("The answer was lost.") : Task.CompletedTask;

        Assert.Equal(200, await _desk.DeliverAsync(_desk.Result()).WaitAsync(Limit));

        await CheckPaidAsync();
    }

    [Fact]
    public async Task What_a_gateway_kept_and_did_not_charge_its_next_life_charges()
    {
        await BeginAsync();
        Die();
        Assert.Equal(200, await _desk.DeliverAsync(_desk.Result()));
        Assert.NotNull(Asked.Answer);
        Assert.True(Client.State.Charged.IsZero);

        await RiseAsync();

        Assert.Equal(Asked.Answer.Charged, Client.State.Charged);
        Assert.Empty(Client.State.Reservations);
    }

    [Fact]
    public async Task What_a_gateway_kept_and_did_not_charge_is_charged_where_its_node_delivers_it_again()
    {
        await BeginAsync();
        var result = _desk.Result();
        Die();
        Assert.Equal(200, await _desk.DeliverAsync(result));
        Client.BeforeBatch = Node.BeforeBatch = static _ => Task.CompletedTask;

        using var other = new JobDesk(_desk.Gateway.Actors);
        Assert.Equal(200, await other.DeliverAsync(result));
        await other.Gateway.FlushAsync();

        Assert.Equal((Asked.Answer!.Charged, result.Receipt.Message.Price), (Client.State.Charged, Node.State.Charged));
        await other.DeliverAsync(result with { Receipt = Dearer(result) });
        await other.Gateway.FlushAsync();
        Assert.Equal((Asked.Answer.Charged, result.Receipt.Message.Price), (Client.State.Charged, Node.State.Charged));
    }

    [Fact]
    public async Task What_a_gateway_had_taken_to_deliver_and_did_not_keep_goes_back_to_the_queue()
    {
        await BeginAsync();
        var (reached, dead) = (new TaskCompletionSource(), new TaskCompletionSource());
        Asked.BeforeKeep = () =>
        {
            reached.SetResult();
            return dead.Task;
        };
        var lost = _desk.DeliverAsync(_desk.Result());
        await reached.Task.WaitAsync(Limit);
        Assert.NotNull(Assert.Single(Client.State.Reservations).Value.Holder);

        await RiseAsync();
        Assert.Null(Assert.Single(Client.State.Reservations).Value.Holder);

        Asked.BeforeKeep = static () => Task.CompletedTask;
        using var other = new JobDesk(_desk.Gateway.Actors);
        Assert.Equal(200, await other.DeliverAsync(_desk.Result()));
        dead.SetResult();
        Assert.Equal(200, await lost.WaitAsync(Limit));
        await CheckPaidAsync();
    }

    [Fact]
    public async Task Where_another_answer_was_first_nobody_is_charged_and_nobody_is_paid()
    {
        await BeginAsync();
        Asked.BeforeKeep = () =>
        {
            Asked.BeforeKeep = static () => Task.CompletedTask;
            return Asked.CompleteAsync(new StoredAnswer(499, "{}", [], default));
        };

        Assert.Equal(409, await _desk.DeliverAsync(_desk.Result()));

        await _desk.Gateway.FlushAsync();
        Assert.Equal((TokenAmount.Zero, TokenAmount.Zero), (Client.State.Charged, Node.State.Charged));
        Assert.Empty(Client.State.Reservations);
        Assert.Empty(Node.State.Reservations);
    }

    [Fact]
    public async Task Nobody_takes_the_money_of_an_answer_that_is_on_its_way()
    {
        await BeginAsync();
        var leases = _desk.Gateway.Actors.Mempool.Leases;
        Asked.BeforeKeep = async () =>
        {
            Asked.BeforeKeep = static () => Task.CompletedTask;
            var queued = (await Asked.GetAsync())!.Queued!;
            leases.Remove(JobDesk.Request);
            await _desk.Gateway.Get<RequestCancellation>().CancelQueuedAsync(JobDesk.Request, queued);
            Assert.Single(Client.State.Reservations);
        };

        Assert.Equal(409, await _desk.DeliverAsync(_desk.Result()));

        // The cancellation was first: its answer counts, and the one on its way gives back what it held.
        Assert.Equal(499, Asked.Answer!.StatusCode);
        await _desk.Gateway.FlushAsync();
        Assert.Equal((TokenAmount.Zero, TokenAmount.Zero), (Client.State.Charged, Client.State.Reserved));
    }

    private async Task BeginAsync()
    {
        await _desk.QueueAsync(ceiling: 200);
        await _desk.AcceptAsync();
    }

    // Of this process nothing reaches the ledgers any more.
    private void Die() => Client.BeforeBatch = Node.BeforeBatch =
        static steps => steps.Any(static step => step.Charge is not null) ? Task.Delay(Timeout.Infinite) : Task.CompletedTask;

    private async Task RiseAsync()
    {
        Client.BeforeBatch = Node.BeforeBatch = static _ => Task.CompletedTask;
        var dead = _desk.Gateway.Get<ChannelTurns>().Holder;
        var left = new LeftBehind(_desk.Gateway.Actors, new GatewayLife(dead with { Life = dead.Life + 1 }), NullLogger<LeftBehind>.Instance);
        await left.SettleAsync(Client, Client.State.Config!.Id(_desk.Gateway.Identity.PaymentsDomain));
    }

    private async Task CheckPaidAsync()
    {
        await _desk.Gateway.FlushAsync();
        Assert.Equal(Asked.Answer!.Charged, Client.State.Charged);
        Assert.False(Client.State.Charged.IsZero);
        Assert.Equal(_desk.Result().Receipt.Message.Price, Node.State.Charged);
        Assert.Empty(Client.State.Reservations);
        Assert.Empty(Node.State.Reservations);
    }

    private Signed<Receipt> Dearer(JobResult result) =>
        _desk.Gateway.Node.Sign(result.Receipt.Message with { Price = new(190), Cumulative = new(190) }, _desk.Gateway.Identity.NetworkDomain);
}
