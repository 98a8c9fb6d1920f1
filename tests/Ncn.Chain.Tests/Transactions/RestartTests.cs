using System.Text.Json.Nodes;
using Ncn.Chain.Tests.Support;
using Ncn.Chain.Transactions;
using Ncn.Tests.Anvil;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests.Transactions;

/// <summary>Processes and nodes that die at the worst moments.</summary>
public sealed class RestartTests(LocalChain local) : IClassFixture<LocalChain>
{
    private static readonly PurposeId Rent = new("rent");

    [Fact]
    public async Task A_process_that_dies_between_journal_and_node_sends_once_after_its_restart()
    {
        var payer = await Payer.CreateAsync(local);
        payer.Journal.After = record => Fail(record is TransactionRecord.Signed);
        using (var first = payer.Connect())
        {
            await Assert.ThrowsAsync<IOException>(() => first.Transactions.SendAsync(Rent, payer.Pay()));
        }

        Assert.Equal((0UL, 0), (await payer.PaidAsync(), await payer.SentAsync()));
        payer.Journal.After = static _ => { };
        using var second = payer.Connect();
        var mined = Assert.IsType<TransactionOutcome.Mined>(await second.Transactions.SendAsync(Rent, payer.Pay()));

        Assert.Equal(Signed(payer).Hash, mined.Receipt.Transaction);
        Assert.Equal((1UL, 1), (await payer.PaidAsync(), await payer.SentAsync()));
    }

    [Fact]
    public async Task A_process_that_dies_between_node_and_journal_finds_what_it_sent()
    {
        var payer = await Payer.CreateAsync(local);
        payer.Journal.Before = record => Fail(record is TransactionRecord.Sent);
        using (var first = payer.Connect())
        {
            await Assert.ThrowsAsync<IOException>(() => first.Transactions.SendAsync(Rent, payer.Pay()));
        }

        await payer.Anvil.MineAsync(); // the node has the transaction, and mines it a moment after it answered
        Assert.Equal((1UL, 1), (await payer.PaidAsync(), await payer.SentAsync()));
        payer.Journal.Before = static _ => { };
        using var second = payer.Connect();
        var mined = Assert.IsType<TransactionOutcome.Mined>(await second.Transactions.ResumeAsync(Rent));

        Assert.Equal(Signed(payer).Hash, mined.Receipt.Transaction);
        Assert.Equal((1UL, 1), (await payer.PaidAsync(), await payer.SentAsync()));
    }

    [Fact]
    public async Task A_journal_that_fails_lets_nothing_leave_and_the_same_process_goes_on()
    {
        var payer = await Payer.CreateAsync(local);
        payer.Journal.Before = record => Fail(record is TransactionRecord.Signed);
        using var chain = payer.Connect();
        await Assert.ThrowsAsync<IOException>(() => chain.Transactions.SendAsync(Rent, payer.Pay()));
        Assert.Equal(0, await payer.Anvil.CountAsync(payer.Party.Address.ToString(), "pending"));

        payer.Journal.Before = static _ => { };
        Assert.IsType<TransactionOutcome.Mined>(await chain.Transactions.SendAsync(Rent, payer.Pay()));
        Assert.Equal((UInt128)1, await payer.PaidAsync());
    }

    [Fact]
    public async Task A_node_that_takes_a_transaction_and_goes_silent_leaves_the_outcome_pending_with_its_hash()
    {
        var payer = await Payer.CreateAsync(local);
        await using var proxy = await RpcProxy.StartAsync(local.Settings.Rpc);
        var isSilent = false;
        proxy.Answer = async (request, forward) =>
        {
            var answer = isSilent ? null : await forward();
            isSilent |= (string)request["method"]! == "eth_sendRawTransaction";
            return isSilent ? null : answer;
        };
        using (var first = payer.Connect(settings => settings with { Rpc = proxy.Url }))
        {
            var pending = Assert.IsType<TransactionOutcome.Pending>(await first.Transactions.SendAsync(Rent, payer.Pay()));
            Assert.Equal(Signed(payer).Hash, pending.Hash);
        }

        using var second = payer.Connect();
        Assert.IsType<TransactionOutcome.Mined>(await second.Transactions.SendAsync(Rent, payer.Pay()));
        Assert.Equal((1UL, 1), (await payer.PaidAsync(), await payer.SentAsync()));
    }

    [Fact]
    public async Task A_node_that_restarts_without_its_pool_gets_what_it_lost()
    {
        var payer = await Payer.CreateAsync(local);
        using var restarted = new AnvilNode();
        using (var first = payer.Connect())
        {
            var pause = await payer.Anvil.PauseMiningAsync();
            Assert.IsType<TransactionOutcome.Pending>(await first.Transactions.SendAsync(Rent, payer.Pay()));
            var state = await payer.Anvil.AskAsync("anvil_dumpState");
            await payer.Anvil.AskAsync("anvil_dropAllTransactions");
            await pause.DisposeAsync();
            await new Support.Anvil(new Uri(restarted.Url)).AskAsync("anvil_loadState", state);
        }

        Assert.Equal((UInt128)0, await payer.PaidAsync());
        using var second = payer.Connect(settings => settings with { Rpc = new Uri(restarted.Url) });
        var mined = Assert.IsType<TransactionOutcome.Mined>(await second.Transactions.ResumeAsync(Rent));

        Assert.Equal((UInt128)1, await second.ReadEtherAsync(payer.Shop));
        Assert.Equal(mined.Receipt.Transaction, Assert.IsType<TransactionRecord.Final>(payer.Journal.Records[^1]).Inclusion.Transaction);
    }

    [Fact]
    public async Task A_node_that_answers_with_nonsense_is_unavailable_and_nothing_is_signed()
    {
        var payer = await Payer.CreateAsync(local);
        await using var proxy = await RpcProxy.StartAsync(local.Settings.Rpc);
        proxy.Answer = async (request, forward) =>
            (string)request["method"]! == "eth_feeHistory" ? RpcProxy.Result(JsonValue.Create("none")) : await forward();
        using var chain = payer.Connect(settings => settings with { Rpc = proxy.Url });

        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.Transactions.SendAsync(Rent, payer.Pay()));
        Assert.Empty(payer.Journal.Records);
    }

    private static SignedTransaction Signed(Payer payer) => payer.Journal.Records.OfType<TransactionRecord.Signed>().Single().Transaction;

    private static void Fail(bool now)
    {
        if (now)
        {
            throw new IOException("The disk is gone.");
        }
    }
}
