using System.Net;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>kill -9 of the parts during a request: the client is told or cut off, pays for nothing that it did not get, and everything comes back.</summary>
[Collection(FragileNetwork.Name)]
public sealed class CrashTests(FragileNetwork shared)
{
    private const string Question = "Count from 1 to 60";
    private const int MaxTokens = 400;
    private const int MostTries = 5;
    private static readonly TokenAmount Ceiling = new(10_000);

    /// <summary>A dead worker's job waits for its lease to pass, and goes to another one.</summary>
    private static readonly TimeSpan LeaseAndMore = TimeSpan.FromSeconds(200);

    [Fact]
    public async Task Killed_gateway_breaks_the_stream_charges_nothing_and_comes_back()
    {
        var before = await BreakOffAsync(() => shared.Network.KillApp("gateway-text"), shared.Network.WaitUntilWholeAsync);
        Assert.Equal(before.ChargedCumulativeAmount, (await ReadBooksAsync()).ChargedCumulativeAmount);
        await AssertServesAsync();
    }

    [Fact]
    public async Task Killed_registry_ends_the_answer_whole_and_paid_or_failed_and_unpaid()
    {
        var before = await ReadBooksAsync();
        await using (var stream = await OpenAsync())
        {
            Assert.True(await stream.ReadPiecesAsync(5));
            shared.Network.KillApp("registry");
            await AssertConsistentAsync(stream, before);
        }

        await shared.Network.WaitUntilWholeAsync();
        await AssertServesAsync();
    }

    [Fact]
    public async Task Killed_chain_keeps_every_balance_and_comes_back()
    {
        var money = await Books.ReadAsync(shared.Network);
        var before = await ReadBooksAsync();
        await using (var stream = await OpenAsync())
        {
            Assert.True(await stream.ReadPiecesAsync(5));
            shared.Network.KillChain();
            await AssertConsistentAsync(stream, before);
        }

        var at = await Web.PostAsync(Chat, Web.Chat("What is 1 + 2?"), shared.Account.Voucher(new TokenAmount(40_000_000)));
        Assert.True(at.Status == HttpStatusCode.OK || at.Json.GetProperty("error").GetProperty("type").GetString() == "server_error", at.Body);
        await shared.Network.WaitUntilWholeAsync();
        await AssertServesAsync();
        var after = await Poll.ForAsync("the chain answers", async () => await Books.ReadAsync(shared.Network));
        Assert.Equal((money.Supply, money.Sum), (after.Supply, after.Sum));
        Assert.Equal(money.Held["client"], after.Held["client"]);
    }

    [Fact]
    public async Task Killed_runtime_breaks_the_stream_and_up_again_has_the_same_books()
    {
        var money = await Books.ReadAsync(shared.Network);
        var before = await BreakOffAsync(shared.Network.KillRuntime, shared.Network.UpAsync);
        Assert.Equal(before.ChargedCumulativeAmount, (await ReadBooksAsync()).ChargedCumulativeAmount);
        var after = await Books.ReadAsync(shared.Network);
        Assert.Equal((money.Supply, money.Sum), (after.Supply, after.Sum));
        await AssertServesAsync();
    }

    [Fact]
    public async Task Queued_job_survives_the_death_of_the_whole_network()
    {
        var before = await ReadBooksAsync();
        var accepted = await Web.PostAsync(Chat, Web.Chat(Question, MaxTokens), await shared.Account.PayAsync(Ceiling), ("Prefer", "respond-async"));
        Assert.True(accepted.Status == HttpStatusCode.Accepted, accepted.Body);
        shared.Network.KillRuntime();
        await shared.Network.UpAsync();

        var done = await Poll.ForAsync("the job is done", async () =>
        {
            var answer = (await Web.GetAsync(new Uri(shared.Network.Text, accepted.Headers.Location!))).IsOk();
            return answer.Json.GetProperty("status").GetString() == "queued" ? null : answer;
        }, LeaseAndMore);
        Assert.True(done.Json.GetProperty("status").GetString() == "completed", done.Body);
        var cost = TokenAmount.Parse(done.Json.GetProperty("cost").GetString()!);
        Assert.Equal(before.ChargedCumulativeAmount + cost, (await ReadBooksAsync()).ChargedCumulativeAmount);
    }

    private Uri Chat => new(shared.Network.Text, "v1/chat/completions");

    private Task<ChannelStateView> ReadBooksAsync() => Poll.ForAsync<ChannelStateView>("the gateway answers", async () => await shared.Account.ReadAsync());

    private async Task<ChatStream> OpenAsync() =>
        await ChatStream.OpenAsync(shared.Network.Text, Question, MaxTokens, await shared.Account.PayAsync(Ceiling));

    /// <summary>Kills something in the middle of an answer and mends it. Returns the books from before, at the first try in which the answer was not whole by then.</summary>
    private async Task<ChannelStateView> BreakOffAsync(Action kill, Func<Task> mend)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var before = await ReadBooksAsync();
            await using var stream = await OpenAsync();
            Assert.True(await stream.ReadPiecesAsync(5));
            kill();
            var isBroken = await stream.BreaksOffAsync();
            await mend();
            if (isBroken)
            {
                return before;
            }
        }

        throw new InvalidOperationException($"In {MostTries} tries every answer was whole before the kill.");
    }

    /// <summary>The stream ended well and its cost was charged, or with an error and nothing was.</summary>
    private async Task AssertConsistentAsync(ChatStream stream, ChannelStateView before)
    {
        var broken = await stream.BreaksOffAsync();
        var charged = (await ReadBooksAsync()).ChargedCumulativeAmount - before.ChargedCumulativeAmount;
        if (!broken && stream.Network is { } network)
        {
            Assert.Equal(TokenAmount.Parse(network.GetProperty("cost").GetString()!), charged);
        }
        else
        {
            Assert.True(broken || stream.Error is not null, "The stream ended without a receipt and without an error.");
            Assert.Equal(TokenAmount.Zero, charged);
        }
    }

    /// <summary>The same request as before works again.</summary>
    private async Task AssertServesAsync()
    {
        await using var stream = await Poll.ForAsync<ChatStream>("a request is taken", async () => await OpenAsync());
        await stream.ReadToEndAsync();
        Assert.True(stream.IsDone);
        Assert.StartsWith("1, 2, 3, 4, 5", stream.Text, StringComparison.Ordinal);
        Assert.NotNull(stream.Network);
    }
}
