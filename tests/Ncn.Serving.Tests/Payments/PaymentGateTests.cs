using Ncn.Protocol;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A client is charged once for a request, what the ledger says, however often a gateway dies on the way.</summary>
public sealed class PaymentGateTests : IDisposable
{
    private static readonly RequestId Request = MemoryGateway.Request('a');
    private readonly MemoryGateway _gateway = new();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_request_that_was_charged_and_whose_answer_is_lost_runs_again_without_another_charge()
    {
        var hold = await _gateway.ReserveAsync(Request, 100, 100, repeatable: true);
        await hold.ChargeAsync(new(40));
        await hold.DeliveredAsync();

        var again = await _gateway.ReserveAsync(Request, 140, 100, repeatable: true);
        var (cost, settlement) = await again.ChargeAsync(new(70));

        Assert.True(again.IsCharged);
        Assert.Equal(new TokenAmount(40), cost);
        Assert.Equal(new TokenAmount(40), settlement.Extra!.ChargedAmount);
        Assert.Equal(new TokenAmount(40), _gateway.ClientLedger.State.Charged);
    }

    [Fact]
    public async Task Without_a_begun_request_what_was_charged_is_refused()
    {
        await (await _gateway.ReserveAsync(Request, 100, 100, repeatable: false)).ChargeAsync(new(40));
        await _gateway.FlushAsync();
        await Assert.ThrowsAsync<PaymentException>(() => _gateway.ReserveAsync(Request, 140, 100, repeatable: false));
    }

    [Fact]
    public async Task A_run_that_takes_over_a_lower_reservation_charges_that_much_and_not_nothing()
    {
        await _gateway.ReserveAsync(Request, 100, 100, repeatable: true);

        var dearer = await _gateway.ReserveAsync(Request, 200, 200, repeatable: true);
        var (cost, _) = await dearer.ChargeAsync(new(150));
        await dearer.DeliveredAsync();
        await _gateway.FlushAsync();

        Assert.Equal(new TokenAmount(100), cost);
        Assert.Equal(new TokenAmount(100), _gateway.ClientLedger.State.Charged);
    }

    [Fact]
    public async Task An_answer_whose_reservation_is_gone_says_that_it_cost_nothing()
    {
        var reservation = await _gateway.ReserveAsync(Request, 100, 100, repeatable: false);
        await reservation.ReleaseAsync();

        var (cost, settlement) = await reservation.ChargeAsync(new(40));

        Assert.Equal(TokenAmount.Zero, cost);
        Assert.Equal(TokenAmount.Zero, settlement.Extra!.ChargedAmount);
        Assert.Equal(TokenAmount.Zero, _gateway.ClientLedger.State.Charged);
    }
}
