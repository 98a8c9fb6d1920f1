using System.Numerics;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;
using Xunit.Abstractions;

namespace Ncn.EndToEnd.Tests.Drills;

/// <summary>All that a drill's money can be in, printed before and after it.</summary>
/// <param name="Claimed">Of the client's channel.</param>
/// <param name="Receiver">What the gateway's operator has claimed and been paid.</param>
/// <param name="Payouts">Each payout to it, before the fee.</param>
/// <param name="Fees">Each protocol fee taken from them.</param>
/// <param name="Pool">The reward pool of the operator's home subnet.</param>
/// <param name="PoolFees">The sum of all fees, of nodes too, that went into it.</param>
/// <param name="AllFees">The sum of all fees that went into the registry.</param>
internal sealed record DrillBooks(
    Books Held, TokenAmount Claimed, ReceiverView Receiver, IReadOnlyList<BigInteger> Payouts, IReadOnlyList<BigInteger> Fees,
    TokenAmount Pool, BigInteger PoolFees, BigInteger AllFees)
{
    /// <summary>Half a percent, rounded down (IInferencePayment.PROTOCOL_FEE_BASIS_POINTS).</summary>
    private const int FeeDivisor = 200;

    /// <summary>Reads until no block came in between, so that all of it is true at one time.</summary>
    public static async Task<DrillBooks> ReadAsync(LocalNetwork network, Account account, ITestOutputHelper output, string when)
    {
        using var chain = new ChainConnection(account.Settings);
        var books = await Poll.ForAsync<DrillBooks>("the chain stands still while it is read", async () =>
        {
            var block = await chain.ReadBlockNumberAsync();
            var read = await ReadOnceAsync(network, account, chain);
            return await chain.ReadBlockNumberAsync() == block ? read : null;
        });
        output.WriteLine($"{when,-7} {string.Join("  ", books.Held.Held.Select(static held => $"{held.Key} {held.Value}"))}  sum {books.Held.Sum}");
        output.WriteLine(
            $"{when,-7} claimed of the channel {books.Claimed}  paid out {books.Receiver.TotalSettled}  fees of it {Sum(books.Fees)}  pool of the home subnet {books.Pool}");
        return books;
    }

    /// <summary>From <paramref name="before"/> to this, all that was charged became money once, the fee went where it belongs, and nothing else moved.</summary>
    public void AssertPaidOnce(DrillBooks before, TokenAmount charged)
    {
        Assert.Equal((before.Held.Supply, before.Held.Sum, before.Held.Held["client"]), (Held.Supply, Held.Sum, Held.Held["client"]));
        Assert.Equal(charged, Claimed);
        Assert.Equal((before.Receiver.TotalClaimed + (charged - before.Claimed), TokenAmount.Zero), (Receiver.TotalClaimed, Receiver.Unsettled));
        var (payouts, fees) = (Payouts.Skip(before.Payouts.Count).ToArray(), Fees.Skip(before.Fees.Count).ToArray());
        Assert.Equal(Receiver.TotalSettled - before.Receiver.TotalSettled, new((UInt128)Sum(payouts)));
        Assert.Equal(payouts.Select(static payout => payout / FeeDivisor).Where(static fee => fee > 0), fees);
        Assert.NotEmpty(fees);
        Assert.Equal(Pool - before.Pool, new((UInt128)(PoolFees - before.PoolFees)));
        Assert.Equal(Held.Held["registry"] - before.Held.Held["registry"], AllFees - before.AllFees);
    }

    private static async Task<DrillBooks> ReadOnceAsync(LocalNetwork network, Account account, ChainConnection chain)
    {
        var (escrow, operators) = (new InferencePaymentContract(chain), account.Config.Receiver);
        var home = await new StakeContract(chain).ReadHomeAsync(operators) ?? throw new InvalidOperationException("The operator has no home subnet.");
        return new DrillBooks(
            await Books.ReadAsync(network), (await escrow.ReadChannelAsync(account.Channel)).TotalClaimed,
            await escrow.ReadReceiverAsync(operators, account.Settings.Token), await Books.PayoutsAsync(network, operators),
            await Books.FeesAsync(network, operators), await new ValidatorRegistryContract(chain).ReadRewardPoolAsync(home, account.Settings.Token),
            Sum(await Books.FeesAsync(network, home)), Sum(await Books.FeesAsync(network)));
    }

    private static BigInteger Sum(IEnumerable<BigInteger> amounts) => amounts.Aggregate(BigInteger.Zero, static (sum, amount) => sum + amount);
}
