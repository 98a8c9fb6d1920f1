using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Chain;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Tests;

/// <summary>A request on a known channel does not wait for the chain, and never trusts a view for longer than a minute.</summary>
public sealed class EscrowCacheTests
{
    private static readonly ChannelId Channel = ChannelId.Parse("0x" + new string('c', 64));

    private readonly Clock _clock = new();
    private readonly Escrow _escrow = new();

    [Fact]
    public async Task A_fresh_view_that_covers_the_voucher_is_used_again()
    {
        var cache = new EscrowCache(_escrow, _clock, NullLogger<EscrowCache>.Instance);
        await cache.GetAsync(Channel, new(100), CancellationToken.None);
        _clock.Advance(TimeSpan.FromMilliseconds(1_999));
        await cache.GetAsync(Channel, new(100), CancellationToken.None);
        Assert.Equal(1, _escrow.Reads);
    }

    [Fact]
    public async Task After_two_seconds_it_is_read_anew_and_nobody_waits_for_it()
    {
        var cache = new EscrowCache(_escrow, _clock, NullLogger<EscrowCache>.Instance);
        await cache.GetAsync(Channel, new(100), CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var answer = _escrow.Hold();
        Assert.Equal(new TokenAmount(100), (await cache.GetAsync(Channel, new(100), CancellationToken.None)).Funds.Spendable);
        Assert.Equal(new TokenAmount(100), (await cache.GetAsync(Channel, new(100), CancellationToken.None)).Funds.Spendable);
        Assert.Equal(2, _escrow.Reads);
        answer.SetResult(new EscrowView(new ChannelFunds(new(300), default), default));
        Assert.Equal(new TokenAmount(300), (await cache.GetAsync(Channel, new(300), CancellationToken.None)).Funds.Spendable);
        Assert.Equal(2, _escrow.Reads);
    }

    [Fact]
    public async Task A_view_that_was_forgotten_while_it_was_read_is_not_kept()
    {
        var cache = new EscrowCache(_escrow, _clock, NullLogger<EscrowCache>.Instance);
        var answer = _escrow.Hold();
        var early = cache.GetAsync(Channel, new(1), CancellationToken.None);
        cache.Forget(Channel);
        answer.SetResult(new EscrowView(new ChannelFunds(new(1), default), default));
        await early;
        Assert.Equal(new TokenAmount(100), (await cache.GetAsync(Channel, new(1), CancellationToken.None)).Funds.Spendable);
    }

    [Fact]
    public async Task A_voucher_over_what_is_known_asks_the_chain_so_that_a_deposit_counts_at_once()
    {
        var cache = new EscrowCache(_escrow, _clock, NullLogger<EscrowCache>.Instance);
        await cache.GetAsync(Channel, new(100), CancellationToken.None);
        _escrow.Balance = new(500);
        var view = await cache.GetAsync(Channel, new(101), CancellationToken.None);
        Assert.Equal(new TokenAmount(500), view.Funds.Spendable);
    }

    [Fact]
    public async Task While_the_chain_is_silent_a_known_channel_goes_on_for_a_minute()
    {
        var cache = new EscrowCache(_escrow, _clock, NullLogger<EscrowCache>.Instance);
        await cache.GetAsync(Channel, new(100), CancellationToken.None);
        _escrow.IsSilent = true;
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(new TokenAmount(100), (await cache.GetAsync(Channel, new(100), CancellationToken.None)).Funds.Spendable);
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await cache.GetAsync(Channel, new(101), CancellationToken.None));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await cache.GetAsync(Channel, new(100), CancellationToken.None));
    }

    [Fact]
    public async Task Money_under_withdrawal_does_not_count()
    {
        _escrow.Withdrawing = new(60);
        var view = await new EscrowCache(_escrow, _clock, NullLogger<EscrowCache>.Instance).GetAsync(Channel, new(1), CancellationToken.None);
        Assert.Equal(new TokenAmount(40), view.Funds.Spendable);
    }

    private sealed class Escrow : IEscrowReader
    {
        public int Reads { get; private set; }

        public TokenAmount Balance { get; set; } = new(100);

        public TokenAmount Withdrawing { get; set; }

        public bool IsSilent { get; set; }

        private TaskCompletionSource<EscrowView>? _held;

        /// <summary>The next read gets what the test says, when it says so.</summary>
        public TaskCompletionSource<EscrowView> Hold() => _held = new TaskCompletionSource<EscrowView>();

        public Task<EscrowView> ReadAsync(ChannelId channel, CancellationToken cancellationToken)
        {
            Reads++;
            if (_held is { } held)
            {
                _held = null;
                return held.Task;
            }

            return IsSilent
                ? Task.FromException<EscrowView>(new ChainUnavailableException("The chain does not answer.", new HttpRequestException()))
                : Task.FromResult(new EscrowView(new ChannelFunds(Balance, Withdrawing), default));
        }
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
