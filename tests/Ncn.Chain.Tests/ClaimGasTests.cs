using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.Payments.Settlement;
using Ncn.Tests.Escrow;
using Xunit.Abstractions;

namespace Ncn.Chain.Tests;

/// <summary>What claims are planned with is what they burn.</summary>
public sealed class ClaimGasTests(LocalChain local, ITestOutputHelper output) : IClassFixture<LocalChain>
{
    private const int Rows = 16;
    private const double Tolerance = 0.10;

    [Fact]
    public async Task Claims_burn_what_the_planner_counts_with()
    {
        var node = await local.NewPartyAsync(0);
        var clients = await Task.WhenAll(Enumerable.Range(0, Rows).Select(_ => local.NewPartyAsync(1)));
        await Task.WhenAll(clients.Select(client => client.FundAsync(client.ChannelTo(node), LocalChain.Dollar)));
        await node.Payments.ClaimAsync(Promise(clients, node, 100_000));

        var total = 100_000UL;
        foreach (var rows in new[] { 1, 4, Rows })
        {
            var packed = Promise(clients.Take(rows), node, total += 12_345);
            await AssertBurnsAsync(node, node.Payments.ClaimCall(PackedBatch.Sort(packed).Batches.Single()), ClaimGas.Measured.Of(packed: true, rows), $"packed-{rows}");
            await AssertBurnsAsync(node, node.Payments.ClaimCall(Promise(clients.Take(rows), node, total += 12_345)), ClaimGas.Measured.Of(packed: false, rows), $"struct-{rows}");
        }
    }

    private async Task AssertBurnsAsync(Party node, TransactionCall call, ulong expected, string name)
    {
        var sent = await node.Chain.Transactions.SendAsync(new PurposeId($"claim:{name}"), call);
        var receipt = Assert.IsType<TransactionOutcome.Mined>(sent).Receipt;
        Assert.Empty(node.Payments.ReadClaim(receipt).Skipped);
        output.WriteLine($"{name,-9} rows: {receipt.GasUsed,7} gas, planned with {expected,7}");
        Assert.InRange(expected, receipt.GasUsed * (1 - Tolerance), receipt.GasUsed * (1 + Tolerance));
    }

    private static VoucherClaim[] Promise(IEnumerable<Party> clients, Party node, ulong total) =>
        [.. clients.Select(client => client.Promise(client.ChannelTo(node), total + 1_000, total))];
}
