using Ncn.Client.Inference;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Validator.Duty.Probes;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Duty.Probes;

/// <summary>What is spent, what a crash leaves, and which keys pay no more.</summary>
public sealed class ProbeBooksTests
{
    private static readonly TokenAmount Budget = new(100);

    [Fact]
    public void An_epochs_probes_cost_no_more_than_its_budget_whatever_they_may_still_cost()
    {
        var books = ProbeBooks.Empty;
        books = books.Begin(Probe(1, 1, 40), Budget)!;
        books = books.Begin(Probe(2, 1, 40), Budget)!;
        Assert.Null(books.Begin(Probe(3, 1, 40), Budget));
        books = books.Answer(Sample.Word(1), Receipt(), new TokenAmount(5), 9);
        Assert.Equal(new TokenAmount(55), books.LeftIn(1, Budget));
        books = books.Begin(Probe(3, 1, 40), Budget)!.Refuse(Sample.Word(3));
        Assert.Equal(new TokenAmount(55), books.LeftIn(1, Budget));
        Assert.Equal(Budget, books.LeftIn(2, Budget));
        books = books.Begin(Probe(4, 2, 100), Budget)!;
        Assert.Equal(default, books.LeftIn(2, Budget));
        Assert.Null(books.Begin(Probe(5, 1, 1), Budget));
        books = books.Answer(Sample.Word(2), Receipt(), new TokenAmount(40), 9);
        Assert.Equal((new TokenAmount(100), new TokenAmount(145)), (books.Spent, books.SpentInAll));
    }

    [Fact]
    public void An_answer_never_costs_more_than_what_was_put_aside() =>
        Assert.Equal(new TokenAmount(40), ProbeBooks.Empty.Begin(Probe(1, 1, 40), Budget)!.Answer(Sample.Word(1), Receipt(), new TokenAmount(90), 9).Spent);

    [Fact]
    public void A_book_is_full_at_some_time_and_a_probe_is_in_it_once()
    {
        var books = ProbeBooks.Empty;
        for (ulong number = 0; number < ProbeBooks.MostOpen; number++)
        {
            books = books.Begin(Probe(number, 1, 1), Budget)!;
            Assert.Null(books.Begin(Probe(number, 1, 1), Budget));
        }

        Assert.Null(books.Begin(Probe(99, 1, 1), Budget));
        Assert.NotNull(books.Close(Sample.Word(7), ProbeEnd.Checked).Begin(Probe(99, 1, 1), Budget));
    }

    [Fact]
    public void What_is_written_down_outlives_a_crash_and_a_purse_that_was_shown_stays_so()
    {
        var folder = Directory.CreateTempSubdirectory("probe-books-").FullName;
        try
        {
            var journal = new ProbeJournal(LocalDisk.Instance, Path.Combine(folder, "probes"));
            Assert.True(journal.Change(books => books.Begin(Probe(1, 3, 40), Budget)));
            Assert.True(journal.Change(books => books.Try(Sample.Word(1)).Answer(Sample.Word(1), Receipt(), new TokenAmount(7), 12)));
            Assert.True(journal.Change(books => books.Show(Sample.Word(1))));
            Assert.False(journal.Change(static books => books.Begin(Probe(2, 3, 94), Budget)));

            var again = new ProbeJournal(LocalDisk.Instance, Path.Combine(folder, "probes")).Books;
            var (before, probe) = (journal.Books, Assert.Single(again.Open));
            Assert.Equal((before.Epoch, before.Spent, before.Sent), (again.Epoch, again.Spent, again.Sent));
            Assert.Equal(before.Open[0] with { Request = probe.Request }, probe);
            Assert.Equal(before.Open[0].Request.Messages, probe.Request.Messages);
            Assert.Equal((ProbeStage.Shown, 1), (probe.Stage, probe.Attempts));
            Assert.Equal(probe.Purse, Assert.Single(again.ShownPurses));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ProbeRecord Probe(ulong number, ulong epoch, ulong most) => new(
        Sample.Word(number), epoch, 1_000, 1_500, Sample.Signer(60).Address, ChatRequest.Ask("tiny-chat", "What is 1 + 2?"), true, $"key-{number}", new TokenAmount(most));

    private static Receipt Receipt() =>
        new(default, 0, Sample.Signer(1).Address, Sample.Signer(2).Address, default, default, default, 0, 0, 0, default, default, default, default, 0, 0);
}
