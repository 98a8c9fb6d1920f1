using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Serving.Receipts;
using Ncn.Serving.Tests.Validators;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Tests.Receipts;

/// <summary>From answers of real nodes over a period's list to what validators hold in their hands.</summary>
public sealed class ReceiptListTests
{
    private const byte AnnounceKind = 1;
    private const byte CommitKind = 3;

    [Fact]
    public async Task Every_receipt_is_listed_committed_and_shown_with_its_evidence()
    {
        await using var watched = await WatchedGateway.StartAsync(nodes: 2);
        foreach (var node in watched.Nodes.Append(watched.Nodes[0]))
        {
            await watched.Gateway.RunAsync(watched.Gateway.Plan(node));
        }

        var period = watched.Period;
        await watched.CloseAsync();

        var page = await watched.ReadAsync<ReceiptPage>(period);
        Assert.Equal(watched.Nodes.SelectMany(static node => node.Receipts).Select(static receipt => receipt.StructHash()).Order(), page.Leaves.Select(static leaf => leaf.Digest).Order());
        Assert.Equal((ReceiptList.Root(page.Leaves), 3u, ReceiptList.Total(page.Leaves)), (page.Root, page.Count, page.Total));
        Assert.Equal([1u, 2u], page.Fees.Select(static fees => fees.Count).Order());
        for (var index = 0; index < page.Leaves.Count; index++)
        {
            var evidence = await watched.ReadAsync<ReceiptEvidence>(period, $"{index}");
            Assert.Null(evidence.Problem(page.Leaves[index], watched.Gateway.Identity.NetworkDomain));
            Assert.Equal(Enumerable.Range(0, 12), evidence.TokenIds());
            Assert.NotEmpty(evidence.Fingerprints);
        }

        var gateway = watched.Gateway.Identity;
        foreach (var validator in watched.Validators)
        {
            var commit = Assert.Single(validator.Posted, static posted => posted.Message.Kind == CommitKind);
            var operation = new Operation.CommitReceipts(gateway.Address, period, page.Root, page.Count, page.Total);
            Assert.Equal(SignedOperation.Message(operation), commit.Message);
            Assert.NotNull(SignedOperation.Read(operation, commit.Signature, gateway.NetworkDomain));
            Assert.Single(validator.Posted, static posted => posted.Message.Kind == AnnounceKind);
        }
    }

    [Fact]
    public async Task Nobody_but_a_validator_of_the_set_sees_receipts()
    {
        await using var watched = await WatchedGateway.StartAsync();
        await watched.Gateway.RunAsync(watched.Gateway.Plan());
        var period = watched.Period;
        await watched.CloseAsync();
        using var stranger = new Signer(Enumerable.Repeat((byte)99, 32).ToArray());

        Assert.Equal(403, (await watched.AskAsync(period, "0", stranger)).Status);
        Assert.Equal(401, (await watched.AskAsync(period, "0", stranger, query => query with { Validator = watched.Validators[0].Key.Address })).Status);
        Assert.Equal(401, (await watched.AskAsync(period, "0", change: static query => query with { Period = query.Period + 1 })).Status);
        Assert.Equal(401, (await watched.AskAsync(period, change: static query => query with { IssuedAt = query.IssuedAt - 200_000 })).Status);
        Assert.Equal(401, (await watched.AskAsync(period, change: static query => query with { Gateway = query.Validator })).Status);
        Assert.Equal(401, (await watched.AskAsync(period, change: static query => query with { Origin = "https://another.example.org" })).Status); // passed on by another gateway
        var (status, body) = await watched.AskAsync(period + 1);
        Assert.Equal((404, "period_unknown"), (status, body.GetProperty("title").GetString()));
        Assert.Equal(404, (await watched.AskAsync(period, "1")).Status);
        Assert.Equal(400, (await watched.AskAsync(period, "-1")).Status);
        Assert.Empty((await watched.AskAsync(period, from: "?from=1")).Body.GetProperty("leaves").EnumerateArray());
        Assert.Equal(200, (await watched.AskAsync(period, "0")).Status);
    }

    [Fact]
    public async Task A_list_that_validators_have_not_taken_is_brought_to_them_by_the_next_life()
    {
        await using var watched = await WatchedGateway.StartAsync();
        Array.ForEach(watched.Validators, static validator => validator.Answers = 503);
        await watched.Gateway.RunAsync(watched.Gateway.Plan());
        var period = watched.Period;
        await watched.CloseAsync();
        var root = (await watched.ReadAsync<ReceiptPage>(period)).Root;

        // One of four may lie; two of four are heard by an honest one.
        watched.Begin(2);
        watched.Validators[0].Answers = 202;
        await watched.Gateway.Get<ValidatorRounds>().TickAsync(CancellationToken.None);
        watched.Begin(3);
        watched.Validators[1].Answers = 202;
        await watched.Gateway.Get<ValidatorRounds>().TickAsync(CancellationToken.None);
        var heard = watched.Validators[1].Posted.Count;
        watched.Begin(4);
        await watched.CloseAsync();

        Assert.Equal(root, (await watched.ReadAsync<ReceiptPage>(period)).Root);
        Assert.Equal(3, watched.Validators[0].Posted.Count(static posted => posted.Message.Kind == CommitKind));
        Assert.Equal(heard + 1, watched.Validators[1].Posted.Count); // the announcement of the new life alone
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(null, false)]
    [InlineData(null, true)]
    public async Task A_write_that_fails_or_is_not_heard_loses_no_receipt_and_lists_none_twice(bool? log, bool? rows)
    {
        await using var watched = await WatchedGateway.StartAsync();
        await watched.Gateway.RunAsync(watched.Gateway.Plan());
        watched.Store.Appends.Enqueue(log);
        watched.Store.Appends.Enqueue(rows);
        await Assert.ThrowsAsync<IOException>(() => watched.Gateway.Get<ReceiptBook>().FlushAsync(CancellationToken.None));
        watched.Store.Appends.Clear();
        await watched.Gateway.RunAsync(watched.Gateway.Plan());
        var period = watched.Period;
        await watched.CloseAsync();

        var page = await watched.ReadAsync<ReceiptPage>(period);
        Assert.Equal(2u, page.Count);
        for (var index = 0; index < 2; index++)
        {
            Assert.Null((await watched.ReadAsync<ReceiptEvidence>(period, $"{index}")).Problem(page.Leaves[index], watched.Gateway.Identity.NetworkDomain));
        }
    }

    [Fact]
    public async Task A_receipt_of_another_time_is_in_no_list()
    {
        await using var watched = await WatchedGateway.StartAsync(nodes: 2);
        var late = watched.Nodes[0].FinishedAt;
        watched.Nodes[0].FinishedAt = () => late() - 25_000;
        await watched.Gateway.RunAsync(watched.Gateway.Plan(watched.Nodes[0]));
        await watched.Gateway.RunAsync(watched.Gateway.Plan(watched.Nodes[1]));
        var period = watched.Period;
        await watched.CloseAsync();

        Assert.Equal(watched.Nodes[1].Address, Assert.Single((await watched.ReadAsync<ReceiptPage>(period)).Leaves).Node);
    }

    [Fact]
    public async Task Periods_beyond_the_window_are_removed_whole()
    {
        await using var watched = await WatchedGateway.StartAsync();
        watched.Receipts.KeptPeriods = 3;
        await watched.Gateway.RunAsync(watched.Gateway.Plan());
        var first = watched.Period;
        for (var closed = 0; closed < 5; closed++)
        {
            await watched.CloseAsync();
        }

        Assert.Equal(404, (await watched.AskAsync(first)).Status);
        await foreach (var kept in watched.Store.ListAsync("receipts/", CancellationToken.None))
        {
            Assert.Fail($"{kept.Name} was left behind");
        }
    }

    [Fact]
    public async Task What_is_delivered_twice_or_written_late_is_listed_once()
    {
        await using var watched = await WatchedGateway.StartAsync();
        var (_, first) = await watched.Gateway.RunAsync(watched.Gateway.Plan());
        var book = watched.Gateway.Get<ReceiptBook>();
        var again = AcceptedReceipt.Of(first.Evidence!.Job, first.Receipt, first.Evidence.Input, [], first.Evidence.Fingerprints);
        book.Add(again);
        var period = watched.Period;
        await watched.CloseAsync();
        Assert.Equal(1u, (await watched.ReadAsync<ReceiptPage>(period)).Count);

        book.Add(again);
        await watched.Gateway.RunAsync(watched.Gateway.Plan());
        var next = watched.Period;
        await watched.CloseAsync();
        var page = await watched.ReadAsync<ReceiptPage>(next);
        Assert.Equal((period + 1, 1u), (next, page.Count));
    }
}
