using System.Text.Json.Nodes;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests.Transactions;

/// <summary>A purpose is carried out once, whatever happens on the way.</summary>
public sealed class SenderTests(LocalChain local) : IClassFixture<LocalChain>
{
    private const ulong Gwei = 1_000_000_000;
    private static readonly PurposeId Rent = new("rent:2026-01");

    [Fact]
    public async Task A_purpose_repeated_by_two_tasks_at_once_and_afterwards_sends_one_transaction()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => chain.Transactions.SendAsync(Rent, payer.Pay())));
        var again = await chain.Transactions.SendAsync(Rent, payer.Pay());

        var hash = Assert.IsType<TransactionOutcome.Mined>(again).Receipt.Transaction;
        Assert.All(outcomes, outcome => Assert.Equal(hash, Assert.IsType<TransactionOutcome.Mined>(outcome).Receipt.Transaction));
        Assert.Equal((1UL, 1), (await payer.PaidAsync(), await payer.SentAsync()));
        Assert.Equal(TransactionStage.Final, (await chain.Transactions.FindAsync(Rent))!.Stage);
    }

    [Fact]
    public async Task A_purpose_is_not_used_for_another_call()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect();
        await chain.Transactions.SendAsync(Rent, payer.Pay(1));

        await Assert.ThrowsAsync<ArgumentException>(() => chain.Transactions.SendAsync(Rent, payer.Pay(2)));

        Assert.Equal((UInt128)1, await payer.PaidAsync());
    }

    [Fact]
    public async Task A_refusal_before_signing_leaves_the_purpose_free()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect();
        var withdraw = new TransactionCall(local.Settings.ValidatorRegistry, new HexBytes([1, 2, 3, 4]), "Nonsense");

        var refused = Assert.IsType<TransactionOutcome.Reverted>(await chain.Transactions.SendAsync(Rent, withdraw));

        Assert.Null(refused.Transaction);
        Assert.Null(await chain.Transactions.FindAsync(Rent));
        Assert.Empty(payer.Journal.Records);
        Assert.IsType<TransactionOutcome.Mined>(await chain.Transactions.SendAsync(Rent, payer.Pay()));
    }

    [Fact]
    public async Task A_transaction_that_waits_bids_an_eighth_more_and_is_found_under_its_last_hash()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect();
        TransactionOutcome.Pending pending;
        await using (await payer.Anvil.PauseMiningAsync())
        {
            pending = Assert.IsType<TransactionOutcome.Pending>(await chain.Transactions.SendAsync(Rent, payer.Pay()));
        }

        var (first, second) = Bids(payer);
        Assert.True(second.Fees.MaxFeePerGas * 8 >= first.Fees.MaxFeePerGas * 9 && second.Fees.MaxPriorityFeePerGas * 8 >= first.Fees.MaxPriorityFeePerGas * 9);
        Assert.Equal((first.Nonce, second.Hash), (second.Nonce, pending.Hash));
        var mined = Assert.IsType<TransactionOutcome.Mined>(await chain.Transactions.ResumeAsync(Rent));
        Assert.Equal(second.Hash, mined.Receipt.Transaction);
        Assert.Equal((1UL, 1), (await payer.PaidAsync(), await payer.SentAsync()));
    }

    [Fact]
    public async Task A_transaction_mined_under_an_earlier_hash_of_its_nonce_is_recognised()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect();
        SignedTransaction first;
        await using (await payer.Anvil.PauseMiningAsync())
        {
            await chain.Transactions.SendAsync(Rent, payer.Pay());
            (first, var second) = Bids(payer);
            await payer.Anvil.DropAsync(second.Hash.ToString());
            await payer.Anvil.AskAsync("eth_sendRawTransaction", first.Raw.ToString());
        }

        var mined = Assert.IsType<TransactionOutcome.Mined>(await chain.Transactions.SendAsync(Rent, payer.Pay()));

        Assert.Equal(first.Hash, mined.Receipt.Transaction);
        Assert.Equal((UInt128)1, await payer.PaidAsync());
    }

    [Fact]
    public async Task Fees_stop_at_the_cap()
    {
        var payer = await Payer.CreateAsync(local);
        var history = await payer.Anvil.AskAsync("eth_feeHistory", "0x1", "latest", new JsonArray());
        var baseFee = Convert.ToUInt64((string)history!["baseFeePerGas"]![1]!, 16);
        using var chain = payer.Connect(settings => settings with { Limits = settings.Limits with { MaxFeePerGas = baseFee * 3 / 2 } });
        await using (await payer.Anvil.PauseMiningAsync())
        {
            Assert.IsType<TransactionOutcome.Pending>(await chain.Transactions.SendAsync(Rent, payer.Pay()));
        }

        Assert.Equal(baseFee * 3 / 2, payer.Journal.Records.OfType<TransactionRecord.Signed>().Single().Transaction.Fees.MaxFeePerGas);
        Assert.Empty(payer.Journal.Records.OfType<TransactionRecord.Bumped>());
    }

    [Fact]
    public async Task Gas_above_the_cap_signs_nothing()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect(settings => settings with { Limits = settings.Limits with { MaxFeePerGas = 1 } });

        var refused = await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.Transactions.SendAsync(Rent, payer.Pay()));

        Assert.Contains("Ncn:Chain:MaxFeePerGas", refused.Message, StringComparison.Ordinal);
        Assert.Empty(payer.Journal.Records);
    }

    [Fact]
    public async Task A_nonce_taken_from_elsewhere_costs_the_purpose_a_new_signature_and_no_second_payment()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect();
        await using (await payer.Anvil.PauseMiningAsync())
        {
            await chain.Transactions.SendAsync(Rent, payer.Pay());
            await payer.SendElsewhereAsync(nonce: 0, maxFee: 400 * Gwei);
        }

        var mined = Assert.IsType<TransactionOutcome.Mined>(await chain.Transactions.SendAsync(Rent, payer.Pay()));

        Assert.Contains(payer.Journal.Records, record => record is TransactionRecord.Dropped);
        Assert.Equal((1UL, 2), (await payer.PaidAsync(), await payer.SentAsync()));
        Assert.Equal(1UL, (await chain.Transactions.FindAsync(Rent))!.Nonce);
        Assert.Equal(mined.Receipt.Transaction, (await chain.Transactions.FindAsync(Rent))!.Hash);
    }

    [Fact]
    public async Task A_gap_below_a_transaction_is_filled()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect();
        await using (await payer.Anvil.PauseMiningAsync())
        {
            var elsewhere = await payer.SendElsewhereAsync(nonce: 0, maxFee: 400 * Gwei);
            await chain.Transactions.SendAsync(Rent, payer.Pay());
            Assert.Equal(1UL, (await chain.Transactions.FindAsync(Rent))!.Nonce);
            await payer.Anvil.DropAsync(elsewhere);
            await chain.Transactions.AdvanceAsync();
        }

        Assert.IsType<TransactionOutcome.Mined>(await chain.Transactions.ResumeAsync(Rent));
        Assert.Equal((1UL, 2), (await payer.PaidAsync(), await payer.SentAsync()));
        await chain.Transactions.AdvanceAsync();
        Assert.Empty(await chain.Transactions.ListUnfinishedAsync());
    }

    [Fact]
    public async Task A_mined_transaction_that_vanishes_is_sent_again_and_final_only_after_its_confirmations()
    {
        var payer = await Payer.CreateAsync(local);
        using var chain = payer.Connect(settings => settings with { Confirmations = 4 });
        var mark = await payer.Anvil.AskAsync("evm_snapshot");
        Assert.IsType<TransactionOutcome.Mined>(await chain.Transactions.SendAsync(Rent, payer.Pay()));
        await payer.Anvil.AskAsync("anvil_mine", "0x2");
        await chain.Transactions.AdvanceAsync();
        Assert.Equal(TransactionStage.Mined, (await chain.Transactions.FindAsync(Rent))!.Stage);

        // Not anvil_reorg: it puts the transaction back into the pool, and mines it whenever the next block comes. The pool is emptied for the same reason.
        await payer.Anvil.AskAsync("anvil_dropAllTransactions");
        Assert.True((bool)(await payer.Anvil.AskAsync("evm_revert", mark))!);
        await payer.Anvil.AskAsync("anvil_mine", "0x3");
        Assert.Equal((UInt128)0, await payer.PaidAsync());
        await chain.Transactions.AdvanceAsync();
        Assert.Contains(payer.Journal.Records, record => record is TransactionRecord.Returned);
        await payer.Anvil.MineAsync(); // the node has the transaction again, and mines it a moment after it answered
        Assert.Equal((UInt128)1, await payer.PaidAsync());

        await payer.Anvil.AskAsync("anvil_mine", "0x4");
        await chain.Transactions.AdvanceAsync();
        Assert.Equal(TransactionStage.Final, (await chain.Transactions.FindAsync(Rent))!.Stage);
        Assert.Empty(await chain.Transactions.ListUnfinishedAsync());
    }

    private static (SignedTransaction First, SignedTransaction Last) Bids(Payer payer) => (
        payer.Journal.Records.OfType<TransactionRecord.Signed>().Single().Transaction,
        payer.Journal.Records.OfType<TransactionRecord.Bumped>().Last().Transaction);
}
