using Ncn.Protocol;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Requests;
using Ncn.Serving.Tests.Answers;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A client that reads its answer slowly does not read past its reservation.</summary>
public sealed class HeldLongerTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task What_is_still_being_read_is_still_held_and_can_be_charged()
    {
        using var gateway = new MemoryGateway();
        var clock = new ManualTimers();
        var hold = Assert.IsType<BatchHold>(await gateway.ReserveAsync(MemoryGateway.Request('1'), 10_000, 1_000, repeatable: false));
        using (new HeldLonger(hold, Duration, clock))
        {
            for (var i = 0; i < 10; i++)
            {
                var before = Assert.Single(gateway.ClientLedger.State.Reservations).Value.ExpiresAt;
                clock.Advance(Duration);
                await gateway.FlushAsync();
                Assert.True(before > (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds(), "the reservation had expired while its answer was read");
            }
        }

        var (cost, _) = await hold.ChargeAsync(new TokenAmount(700));
        clock.Advance(Duration);
        await gateway.FlushAsync();
        Assert.Equal(new TokenAmount(700), cost);
        Assert.Equal(new TokenAmount(700), gateway.ClientLedger.State.Charged);
        Assert.Empty(gateway.ClientLedger.State.Reservations);
    }
}
