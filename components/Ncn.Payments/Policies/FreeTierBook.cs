using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Payments.Policies;

/// <summary>Who has had how many free requests today. One book holds many guests, and at most <see cref="MaxGuests"/> of them.</summary>
/// <param name="Day">The UTC day, counted from 1970.</param>
/// <param name="Guests">How many requests each had, by the hash of who it is.</param>
public sealed record FreeTierBook(ulong Day, ImmutableSortedDictionary<string, int> Guests)
{
    /// <summary>Most guests of one day in one book; those who come later pay.</summary>
    public const int MaxGuests = 512;

    /// <summary>A book nobody is in.</summary>
    public static FreeTierBook Empty { get; } = new(0, ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal));

    /// <summary>Takes one free request of today. A refusal leaves the book as it was.</summary>
    /// <param name="now">Unix milliseconds.</param>
    /// <param name="guest">Who asks; a hash, so that no address is kept.</param>
    /// <param name="perDay">How many a guest has.</param>
    public (FreeTierBook Book, FreeTierResult Result) Take(ulong now, Hash32 guest, int perDay)
    {
        var today = OnDayOf(now);
        var had = today.Guests.GetValueOrDefault(guest.ToString());
        if (had >= perDay || (had == 0 && today.Guests.Count >= MaxGuests))
        {
            return (this, new FreeTierResult(false, 0));
        }

        return (today with { Guests = today.Guests.SetItem(guest.ToString(), had + 1) }, new FreeTierResult(true, perDay - had - 1));
    }

    /// <summary>Gives one back that delivered nothing.</summary>
    public FreeTierBook Return(ulong now, Hash32 guest) =>
        Day == now / SpendBook.Day && Guests.TryGetValue(guest.ToString(), out var had) && had > 0
            ? this with { Guests = Guests.SetItem(guest.ToString(), had - 1) }
            : this;

    private FreeTierBook OnDayOf(ulong now) => Day >= now / SpendBook.Day ? this : Empty with { Day = now / SpendBook.Day };
}

/// <param name="IsFree">The request costs nothing.</param>
/// <param name="Remaining">Free requests that are left today.</param>
public sealed record FreeTierResult(bool IsFree, int Remaining);
