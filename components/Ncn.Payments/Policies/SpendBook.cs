using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Payments.Policies;

/// <summary>What was spent on a channel lately: enough to hold a day's caps and to forecast, and bounded in size.</summary>
/// <param name="Models">What each model cost on the newest of <paramref name="Days"/>. What a request for several may run on counts for each.</param>
/// <param name="Hours">The newest hours in which something was charged, the oldest first.</param>
/// <param name="Days">The newest UTC days in which something was charged, the oldest first.</param>
public sealed record SpendBook(ImmutableArray<SpentOnModel> Models, ImmutableArray<SpentAt> Hours, ImmutableArray<SpentAt> Days)
{
    /// <summary>An hour, milliseconds.</summary>
    public const ulong Hour = 60UL * 60 * 1000;

    /// <summary>A day, milliseconds.</summary>
    public const ulong Day = 24 * Hour;

    /// <summary>Most models told apart on one day; what comes after them is counted in the sum alone.</summary>
    public const int MaxModels = 64;

    private const int MaxHours = 25;
    private const int MaxDays = 8;

    /// <summary>Nothing was spent.</summary>
    public static SpendBook Empty { get; } = new([], [], []);

    /// <summary>What was charged on the day of <paramref name="now"/>, unix milliseconds.</summary>
    public TokenAmount On(ulong now) => IsToday(now) ? Days[^1].Amount : default;

    /// <summary>The same for one model.</summary>
    public TokenAmount On(ulong now, string model) =>
        IsToday(now) && Models.FirstOrDefault(spent => spent.Model == model) is { } found ? found.Amount : default;

    /// <summary>A charge.</summary>
    public SpendBook Add(IReadOnlyList<string> models, TokenAmount amount, ulong now)
    {
        if (amount.IsZero)
        {
            return this;
        }

        var today = IsToday(now) ? Models : [];
        foreach (var model in models)
        {
            var index = today.IndexOf(today.FirstOrDefault(spent => spent.Model == model)!);
            today = index >= 0 ? today.SetItem(index, new SpentOnModel(model, today[index].Amount + amount))
                : today.Length < MaxModels ? today.Add(new SpentOnModel(model, amount)) : today;
        }

        return new SpendBook(today, Count(Hours, now / Hour * Hour, amount, MaxHours), Count(Days, now / Day * Day, amount, MaxDays));
    }

    // A clock that went back counts into the newest bucket: caps only ever get tighter by it.
    private static ImmutableArray<SpentAt> Count(ImmutableArray<SpentAt> buckets, ulong at, TokenAmount amount, int most)
    {
        if (!buckets.IsEmpty && buckets[^1].Start >= at)
        {
            return buckets.SetItem(buckets.Length - 1, buckets[^1] with { Amount = buckets[^1].Amount + amount });
        }

        var kept = buckets.Length < most ? buckets : buckets.RemoveAt(0);
        return kept.Add(new SpentAt(at, amount));
    }

    private bool IsToday(ulong now) => !Days.IsEmpty && Days[^1].Start >= now / Day * Day;
}

/// <param name="Start">Unix milliseconds at which the hour or day began.</param>
/// <param name="Amount">What was charged in it, atomic units.</param>
public sealed record SpentAt(ulong Start, TokenAmount Amount);

/// <param name="Amount">What was charged, atomic units.</param>
public sealed record SpentOnModel(string Model, TokenAmount Amount);
