using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests;

/// <summary>Claims in the packed form, through the contract.</summary>
public sealed class PackedClaimTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Fact]
    public async Task Packed_claims_of_all_forms_pay_the_good_rows_and_report_the_bad_ones()
    {
        var node = await local.NewPartyAsync(0);
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => local.NewPartyAsync(1)));
        var channels = clients.Select((client, i) => ChannelOf(client, node, i)).ToArray();
        foreach (var (client, channel) in clients.Zip(channels))
        {
            await client.FundAsync(channel, 1_000);
        }

        var claims = clients.Zip(channels, (client, channel) => client.Promise(channel, 600, 500)).ToArray();
        var forged = clients[1].Promise(channels[0], 700, 700);
        var (batches, unfit) = PackedBatch.Sort([.. claims, forged]);
        Assert.Empty(unfit);
        Assert.Equal([AuthorizerForm.None, AuthorizerForm.Payer, AuthorizerForm.Explicit], batches.Select(batch => batch.Form).Order());

        var outcomes = new List<ClaimOutcome>();
        foreach (var batch in batches)
        {
            var sent = await node.Chain.Transactions.SendAsync(new PurposeId($"claim:{batch.Form}"), node.Payments.ClaimCall(batch));
            outcomes.Add(node.Payments.ReadClaim(Assert.IsType<TransactionOutcome.Mined>(sent).Receipt));
        }

        Assert.Equal(channels.Select(node.IdOf).ToHashSet(), outcomes.SelectMany(outcome => outcome.Claimed).Select(row => row.Channel).ToHashSet());
        Assert.All(outcomes.SelectMany(outcome => outcome.Claimed), row => Assert.Equal((500UL, 500UL), ((ulong)row.Amount.Units, (ulong)row.TotalClaimed.Units)));
        Assert.Equal((node.IdOf(channels[0]), ClaimFault.BadSignature), outcomes.SelectMany(outcome => outcome.Skipped).Select(row => (row.Channel, row.Fault)).Single());
        Assert.Equal(new TokenAmount(2_000), (await node.Payments.ReadReceiverAsync(node.Address, local.Settings.Token)).TotalClaimed);
    }

    [Fact]
    public void What_does_not_fit_eight_bytes_is_left_for_the_struct_form()
    {
        var client = new Party(local.Settings, local.Minter.Key);
        var large = client.Promise(client.ChannelTo(client), 1, 1) with { TotalClaimed = new TokenAmount(UInt128.One << 64) };
        Assert.Equal([large], PackedBatch.Sort([large]).Unfit.AsEnumerable());
    }

    // Two that share a kind, one that names the payer, one that names another key.
    private static ChannelConfig ChannelOf(Party client, Party node, int kind) => (client.ChannelTo(node), kind) switch
    {
        (var channel, 2) => channel with { PayerAuthorizer = client.Address },
        (var channel, 3) => channel with { PayerAuthorizer = client.Address, Payer = node.Address },
        var (channel, _) => channel with { PayerAuthorizer = Address.Zero },
    };
}
