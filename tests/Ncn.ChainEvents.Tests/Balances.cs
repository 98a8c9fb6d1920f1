using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Xunit.Abstractions;

namespace Ncn.ChainEvents.Tests;

/// <summary>Who holds how much of the token, printed before and after a drill. The sum is the same to the unit.</summary>
internal sealed record Balances(ulong Payer, ulong Operator, ulong Contract, ulong Registry)
{
    internal ulong Sum => Payer + Operator + Contract + Registry;

    internal static async Task<Balances> ReadAsync(LocalChain local, Party payer, Party gateway, ITestOutputHelper output, string when)
    {
        var balances = new Balances(
            await payer.DollarsAsync(), await gateway.DollarsAsync(), await OfAsync(local, local.Settings.InferencePayment),
            await OfAsync(local, local.Settings.ValidatorRegistry));
        output.WriteLine($"{when,-8} payer {balances.Payer,9}  operator {balances.Operator,9}  escrow {balances.Contract,9}  registry (fees) {balances.Registry,9}  sum {balances.Sum}");
        return balances;
    }

    private static async Task<ulong> OfAsync(LocalChain local, Address holder) => (ulong)(await local.Minter.Token.ReadBalanceAsync(holder)).Units;
}
