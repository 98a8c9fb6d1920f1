using Ncn.Chain.Registry;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Xunit.Abstractions;

namespace Ncn.ChainEvents.Tests;

/// <summary>Who holds how much of the token, printed before and after a drill. The sum is the same to the unit.</summary>
/// <param name="Registry">Stake, and the reward pools of all subnets.</param>
/// <param name="Pool">Of the registry's, the pool of the operator's home subnet: fees and fines.</param>
internal sealed record Balances(ulong Payer, ulong Operator, ulong Contract, ulong Registry, ulong Pool)
{
    /// <summary>IInferencePayment.PROTOCOL_FEE_BASIS_POINTS: half a percent, rounded down.</summary>
    private const ulong FeeBasisPoints = 50;

    internal ulong Sum => Payer + Operator + Contract + Registry;

    /// <summary>What all hold after one payout of what was claimed, and after what a payer took back.</summary>
    internal Balances After(ulong paidOut, ulong takenBack = 0)
    {
        var fee = paidOut * FeeBasisPoints / 10_000;
        Assert.True(fee > 0, "The drill's payout is too small for a fee.");
        return new(Payer + takenBack, Operator + paidOut - fee, Contract - paidOut - takenBack, Registry + fee, Pool + fee);
    }

    internal static async Task<Balances> ReadAsync(LocalChain local, Party payer, Party gateway, ITestOutputHelper output, string when)
    {
        var balances = new Balances(
            await payer.DollarsAsync(), await gateway.DollarsAsync(), await OfAsync(local, local.Settings.InferencePayment),
            await OfAsync(local, local.Settings.ValidatorRegistry), await PoolOfAsync(local, gateway));
        output.WriteLine(
            $"{when,-8} payer {balances.Payer,9}  operator {balances.Operator,9}  escrow {balances.Contract,9}  registry {balances.Registry,10} (fees and fines {balances.Pool,6})  sum {balances.Sum}");
        return balances;
    }

    private static async Task<ulong> OfAsync(LocalChain local, Address holder) => (ulong)(await local.Minter.Token.ReadBalanceAsync(holder)).Units;

    private static async Task<ulong> PoolOfAsync(LocalChain local, Party gateway)
    {
        var home = await new StakeContract(gateway.Chain).ReadHomeAsync(gateway.Address) ?? throw new InvalidOperationException("The operator has no home subnet.");
        return (ulong)(await new ValidatorRegistryContract(gateway.Chain).ReadRewardPoolAsync(home, local.Settings.Token)).Units;
    }
}
