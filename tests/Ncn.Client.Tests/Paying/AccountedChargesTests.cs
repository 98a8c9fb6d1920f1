using Ncn.Client.Paying;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Paying;

public sealed class AccountedChargesTests
{
    [Fact]
    public void Answers_count_once_in_any_order()
    {
        (ulong Total, ulong Amount)[] answers = [(10, 10), (30, 20), (30, 0), (35, 5), (50, 10), (90, 40)];
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var books = AccountedCharges.Empty;
            foreach (var (total, amount) in answers.Concat(answers.Take(3)).OrderBy(_ => random.Next()))
            {
                books = books.Add(new(total), new(amount));
            }

            // From 35 to 40 nobody answered.
            Assert.Equal(new TokenAmount(85), books.Total);
            Assert.Equal([new(default, new(35)), new(new(40), new(90))], books.Ranges);
        }
    }

    [Fact]
    public void A_charge_that_overlaps_others_counts_for_what_is_new()
    {
        var books = AccountedCharges.Empty.Add(new(100), new(100)).Add(new(110), new(60));
        Assert.Equal(new TokenAmount(110), books.Total);
        Assert.Equal(new TokenAmount(110), books.Add(new(5), new(50)).Total);
    }

    [Fact]
    public void The_account_stays_small_and_right_when_many_answers_are_lost()
    {
        var books = AccountedCharges.Empty;
        for (ulong i = 1; i <= 5_000; i++)
        {
            books = books.Add(new(i * 10), new(4));
        }

        Assert.Equal(new TokenAmount(20_000), books.Total);
        Assert.Equal(AccountedCharges.MaxRanges, books.Ranges.Count);
        Assert.Equal(books, books.Add(new(50), new(4)));
    }
}
