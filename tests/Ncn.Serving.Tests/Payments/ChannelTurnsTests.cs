using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Tests.Payments;

/// <summary>Many requests share a call of a channel's actor, none is lost on the way, and what a dead life left is ended.</summary>
public sealed class ChannelTurnsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly MemoryGateway _gateway = new();

    private ChannelTurns Turns => _gateway.Get<ChannelTurns>();

    private ChannelId Channel => _gateway.ClientChannel.Id(_gateway.Identity.PaymentsDomain);

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task What_comes_while_a_call_is_under_way_goes_with_the_next()
    {
        var held = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        _gateway.ClientLedger.BeforeBatch = _ =>
        {
            begun.TrySetResult();
            return held.Task;
        };
        var first = ReserveAsync(0);
        await begun.Task.WaitAsync(Patience);
        var others = Enumerable.Range(1, 100).Select(ReserveAsync).ToArray();
        held.SetResult();
        await Task.WhenAll([first, .. others]).WaitAsync(Patience);

        Assert.Equal(2, _gateway.ClientLedger.Batches);
        Assert.Equal(101, _gateway.ClientLedger.State.Reservations.Count);
    }

    [Fact]
    public async Task A_charge_goes_with_the_next_reservation_and_asks_for_no_call_of_its_own()
    {
        for (var request = 0; request < 50; request++)
        {
            var hold = await ReserveAsync(request);
            Assert.Equal(new TokenAmount(40), (await hold.ChargeAsync(new(40))).Cost);
        }

        await _gateway.FlushAsync();
        Assert.Equal(new TokenAmount(50 * 40), _gateway.ClientLedger.State.Charged);
        Assert.True(_gateway.ClientLedger.Batches <= 51 + LateFlushes, $"{_gateway.ClientLedger.Batches} calls for 50 requests");
    }

    [Fact]
    public async Task What_a_payer_is_told_is_what_the_books_become()
    {
        var holds = await Task.WhenAll(Enumerable.Range(0, 20).Select(ReserveAsync));
        var told = new List<UInt128>();
        foreach (var hold in holds)
        {
            told.Add((await hold.ChargeAsync(new(40))).Settlement.Extra!.ChannelState.ChargedCumulativeAmount.Units);
        }

        await _gateway.FlushAsync();
        Assert.Equal(Enumerable.Range(1, 20).Select(static count => (UInt128)(40 * count)), told);
        Assert.Equal(told[^1], _gateway.ClientLedger.State.Charged.Units);
        Assert.True(_gateway.ClientLedger.State.Reserved.IsZero);
    }

    [Fact]
    public async Task A_charge_that_the_actor_could_not_take_is_made_when_it_can_and_once()
    {
        var hold = await ReserveAsync(0);
        var failures = 0;
        _gateway.ClientLedger.BeforeBatch = _ => ++failures <= 3 ? throw new HttpRequestException("no sidecar") : Task.CompletedTask;
        await hold.ChargeAsync(new(40));
        await _gateway.FlushAsync().WaitAsync(Patience);

        Assert.Equal(new TokenAmount(40), _gateway.ClientLedger.State.Charged);
        Assert.Equal(4, failures);
    }

    [Fact]
    public async Task A_reservation_whose_answer_is_lost_is_given_back()
    {
        _gateway.ClientLedger.AfterBatch = static () => throw new HttpRequestException("the answer is lost");
        await Assert.ThrowsAsync<HttpRequestException>(() => ReserveAsync(0));
        _gateway.ClientLedger.AfterBatch = static () => { };
        await _gateway.FlushAsync().WaitAsync(Patience);

        Assert.NotNull(_gateway.ClientLedger.State.Config);
        Assert.Empty(_gateway.ClientLedger.State.Reservations);
    }

    [Fact]
    public async Task What_an_earlier_life_left_is_charged_by_its_kept_answer_or_released_before_anything_else()
    {
        var life = _gateway.Get<GatewayLife>().Holder;
        var (kept, lost, queued, elsewhere) = (Request(1), Request(2), Request(3), Request(4));
        await LeaveAsync(kept, life with { Life = life.Life - 1 });
        await LeaveAsync(lost, life with { Life = life.Life - 1 });
        await LeaveAsync(queued, null);
        await LeaveAsync(elsewhere, new Holder("another", 1));
        await _gateway.Actors.Request(kept).KeepAsync(new KeepCall(default, new StoredAnswer(200, "{}", [], new(40))));

        await _gateway.FlushAsync();

        Assert.Equal(new[] { queued.ToString(), elsewhere.ToString() }.Order(StringComparer.Ordinal), _gateway.ClientLedger.State.Reservations.Keys);
        Assert.Equal(new TokenAmount(40), _gateway.ClientLedger.State.Charged);
    }

    [Fact]
    public async Task On_shutdown_everything_is_sent()
    {
        var holds = await Task.WhenAll(Enumerable.Range(0, 10).Select(ReserveAsync));
        foreach (var hold in holds)
        {
            await hold.ChargeAsync(new(40));
        }

        await Turns.StopAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(new TokenAmount(400), _gateway.ClientLedger.State.Charged);
    }

    [Fact]
    public async Task Where_others_charge_too_a_charge_is_told_when_it_is_durable()
    {
        var first = await ReserveAsync(0);
        await _gateway.ClientLedger.ChargeAsync(new ChargeCall(Request(0).ToString(), new(25)));
        var second = await ReserveAsync(1);
        Assert.True(Turns.IsShared(Channel));
        await first.ReleaseAsync();

        var (_, settlement) = await second.ChargeAsync(new(40));

        Assert.Equal(new TokenAmount(65), settlement.Extra!.ChannelState.ChargedCumulativeAmount);
        Assert.Equal(new TokenAmount(65), _gateway.ClientLedger.State.Charged);
    }

    // On a slow machine the flush time passes between a charge and the next reservation.
    private const int LateFlushes = 45;

    private static RequestId Request(int number) => new(Hash32.Parse("0x" + number.ToString("x64", System.Globalization.CultureInfo.InvariantCulture)));

    private Task<IPaymentHold> ReserveAsync(int request) => _gateway.ReserveAsync(Request(request), 500_000, 100, repeatable: false);

    private Task<ChannelResult> LeaveAsync(RequestId request, Holder? holder) => _gateway.ClientLedger.ReserveAsync(
        new ReserveCall(request.ToString(), new SubnetId(1), _gateway.Voucher(1_000), new(100), new ChannelFunds(new(1_000_000), default), ulong.MaxValue)
        {
            Holder = holder,
        });
}
