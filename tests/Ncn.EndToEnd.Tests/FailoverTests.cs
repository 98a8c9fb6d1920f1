using System.Globalization;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>What a client sees, and pays, when an answer is disturbed in the middle.</summary>
[Collection(PaidNetwork.Name)]
public sealed class FailoverTests(PaidNetwork shared)
{
    private const string Question = "Count from 1 to 60";
    private const int MaxTokens = 400;
    private const int MostTries = 20;
    private static readonly TokenAmount Ceiling = new(10_000);

    [Fact]
    public async Task Stream_survives_the_death_of_its_worker_word_for_word_and_is_paid_once()
    {
        await using var undisturbed = await OpenAsync();
        await undisturbed.ReadToEndAsync();
        Assert.Contains(string.Join(", ", Enumerable.Range(1, 60)), undisturbed.Text, StringComparison.Ordinal);
        var price = Cost(undisturbed);
        for (var tries = 0; tries < MostTries; tries++)
        {
            var before = await shared.Account.ReadSettledAsync();
            await using var stream = await OpenAsync();
            Assert.True(await stream.ReadPiecesAsync(5));
            var worker = await Operators.BusyWorkerAsync(shared.Network);
            if (worker is not null)
            {
                shared.Network.KillApp(worker.AppId);
            }

            await stream.ReadToEndAsync();
            await shared.Network.WaitUntilWholeAsync();
            Assert.True(stream.IsDone);
            Assert.Equal(undisturbed.Text, stream.Text);
            Assert.Equal(price, Cost(stream));
            Assert.Equal(before + price, await shared.Account.ReadSettledAsync());
            if (stream.Network!.Value.GetProperty("attempts").GetInt32() == 2)
            {
                return;
            }
        }

        Assert.Fail($"In {MostTries} tries every answer was whole before its worker died.");
    }

    [Fact]
    public async Task Client_that_goes_away_pays_for_what_was_delivered()
    {
        await using var whole = await OpenAsync();
        await whole.ReadToEndAsync();
        for (var tries = 0; tries < MostTries; tries++)
        {
            var before = await shared.Account.ReadSettledAsync();
            await using (var stream = await OpenAsync())
            {
                Assert.True(await stream.ReadPiecesAsync(10));
            }

            var paid = await shared.Account.ReadSettledAsync() - before;
            Assert.True(paid > TokenAmount.Zero && paid <= Cost(whole), string.Create(CultureInfo.InvariantCulture, $"{paid} was paid; the whole answer costs {Cost(whole)}."));
            if (paid < Cost(whole))
            {
                return;
            }
        }

        Assert.Fail($"In {MostTries} tries every answer was whole before its client was gone.");
    }

    private async Task<ChatStream> OpenAsync() =>
        await ChatStream.OpenAsync(shared.Network.Text, Question, MaxTokens, await shared.Account.PayAsync(Ceiling));

    private static TokenAmount Cost(ChatStream stream) => TokenAmount.Parse(stream.Network!.Value.GetProperty("cost").GetString()!);
}
