using Ncn.Payments.Policies;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Payments.Tests.Policies;

/// <summary>A guest has so many free requests a day, what delivered nothing comes back, and a crowd fills no storage.</summary>
public sealed class FreeTierTests
{
    private const ulong Now = 1_790_035_200_000;
    private static readonly Hash32 Guest = Keccak256.Of([1]);

    [Fact]
    public void A_day_gives_so_many_and_the_next_day_as_many_again()
    {
        var book = FreeTierBook.Empty;
        (string Step, ulong Day, FreeTierResult Expected)[] steps =
        [
            ("the first of two", 0, new(true, 1)), ("the second", 0, new(true, 0)), ("the third", 0, new(false, 0)),
            ("tomorrow", 1, new(true, 1)), ("a clock that went back gives no more of yesterday's", 0, new(true, 0)), ("nor then", 0, new(false, 0)),
        ];
        foreach (var (step, day, expected) in steps)
        {
            (book, var result) = book.Take(Now + (day * SpendBook.Day), Guest, 2);
            Assert.True(expected == result, step);
        }
    }

    [Fact]
    public void What_delivered_nothing_comes_back_once()
    {
        var (book, _) = FreeTierBook.Empty.Take(Now, Guest, 1);
        Assert.False(book.Take(Now, Guest, 1).Result.IsFree);
        book = book.Return(Now, Guest).Return(Now, Guest);
        (book, var again) = book.Take(Now, Guest, 1);
        Assert.True(again.IsFree);
        Assert.False(book.Take(Now, Guest, 1).Result.IsFree);
    }

    [Fact]
    public void A_crowd_of_strangers_fills_no_storage_and_takes_nothing_from_who_was_there()
    {
        var (book, _) = FreeTierBook.Empty.Take(Now, Guest, 2);
        for (var i = 0; i < FreeTierBook.MaxGuests + 10; i++)
        {
            (book, _) = book.Take(Now, Keccak256.Of(BitConverter.GetBytes(i)), 2);
        }

        Assert.Equal(FreeTierBook.MaxGuests, book.Guests.Count);
        Assert.True(book.Take(Now, Guest, 2).Result.IsFree);
    }
}
