using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Payments.Policies;

/// <summary>How long a channel will last, by what it cost lately. Amounts are atomic units.</summary>
/// <param name="Available">On chain, not withdrawing, not charged and not reserved.</param>
/// <param name="SpentToday">Charged since midnight UTC.</param>
/// <param name="PerDay">What a day costs at the rate of the last 24 hours, or of the time since the first charge when that is shorter.</param>
/// <param name="SecondsLeft">How long that lasts; null when nothing is spent.</param>
/// <param name="Models">What each model cost today.</param>
/// <param name="Days">What the last days cost.</param>
/// <param name="Alerts">What the payer should look at.</param>
public sealed record SpendForecast(
    TokenAmount Available, TokenAmount SpentToday, TokenAmount PerDay, ulong? SecondsLeft, ImmutableArray<SpentOnModel> Models,
    ImmutableArray<SpentAt> Days, ImmutableArray<SpendAlert> Alerts)
{
    private const ulong Soon = 3 * SpendBook.Day;

    /// <summary>Forecasts at <paramref name="now"/>, unix milliseconds.</summary>
    /// <param name="isWithdrawing">A withdrawal has begun on chain.</param>
    public static SpendForecast Of(SpendBook book, SpendPolicy? policy, TokenAmount available, bool isWithdrawing, ulong now)
    {
        ArgumentNullException.ThrowIfNull(book);
        var perDay = RateOf(book, now);
        ulong? secondsLeft = perDay.IsZero ? null : (ulong)UInt128.Min(Scaled(available, SpendBook.Day / 1000, perDay.Units), uint.MaxValue);
        ImmutableArray<SpentOnModel> models = book.On(now).IsZero ? [] : book.Models;
        var forecast = new SpendForecast(available, book.On(now), perDay, secondsLeft, models, book.Days, []);
        return forecast with { Alerts = [.. forecast.FundAlerts(isWithdrawing), .. forecast.PolicyAlerts(policy, now), .. RiseAlerts(book, now)] };
    }

    private static TokenAmount RateOf(SpendBook book, ulong now)
    {
        var recent = book.Hours.Where(hour => hour.Start + SpendBook.Day > now).ToArray();
        if (recent.Length == 0)
        {
            return default;
        }

        var sum = recent.Aggregate(TokenAmount.Zero, static (total, hour) => total + hour.Amount);
        // A single busy minute is not to look like a day of them: an hour is the least that is measured.
        var window = Math.Clamp(now - Math.Min(now, book.Hours[0].Start), SpendBook.Hour, SpendBook.Day);
        return new TokenAmount(Scaled(sum, SpendBook.Day, window));
    }

    private IEnumerable<SpendAlert> FundAlerts(bool isWithdrawing)
    {
        if (Available.IsZero)
        {
            yield return new SpendAlert("empty", "The channel has nothing left to spend; deposit into it.");
        }
        else if (SecondsLeft < SpendBook.Day / 1000)
        {
            yield return new SpendAlert("empty_soon", $"At the present rate the channel lasts {SecondsLeft / 3600} hours; deposit into it.");
        }

        if (isWithdrawing)
        {
            yield return new SpendAlert("withdrawing", "A withdrawal has begun; what it takes can no longer be spent.");
        }
    }

    private IEnumerable<SpendAlert> PolicyAlerts(SpendPolicy? policy, ulong now)
    {
        if (policy is null)
        {
            yield break;
        }

        if (policy.ExpiresAt <= now)
        {
            yield return new SpendAlert("policy_expired", "The spend policy has expired, so nothing is spent; sign a newer one.");
        }
        else if (policy.ExpiresAt - now < Soon)
        {
            yield return new SpendAlert("policy_expires_soon", $"The spend policy expires in {(policy.ExpiresAt - now) / SpendBook.Hour} hours; sign a newer one.");
        }

        if (IsNear(SpentToday, policy.PerDay))
        {
            yield return new SpendAlert("day_cap_near", $"{SpentToday} of the day's {policy.PerDay} atomic units are spent.");
        }

        foreach (var cap in policy.Models)
        {
            if (Models.FirstOrDefault(spent => spent.Model == cap.Model) is { } model && IsNear(model.Amount, cap.PerDay))
            {
                yield return new SpendAlert("model_day_cap_near", $"{model.Amount} of the day's {cap.PerDay} atomic units for {cap.Model} are spent.");
            }
        }
    }

    // This hour cost four times what the three or more before it did on average.
    private static IEnumerable<SpendAlert> RiseAlerts(SpendBook book, ulong now)
    {
        if (book.Hours.Length < 4 || book.Hours[^1].Start + SpendBook.Hour <= now)
        {
            yield break;
        }

        var before = book.Hours[..^1];
        var sum = before.Aggregate(TokenAmount.Zero, static (total, hour) => total + hour.Amount);
        if (book.Hours[^1].Amount * (ulong)before.Length > sum * 4)
        {
            yield return new SpendAlert("rising", $"This hour has cost {book.Hours[^1].Amount} atomic units, more than four times an hour's average.");
        }
    }

    private static bool IsNear(TokenAmount spent, TokenAmount cap) => cap != SpendPolicy.NoCap && !spent.IsZero && spent >= new TokenAmount(cap.Units / 5 * 4);

    // amount × factor / divisor without leaving 128 bits: an amount that large is cut, and stands for "very much" either way.
    private static UInt128 Scaled(TokenAmount amount, ulong factor, UInt128 divisor) =>
        UInt128.Min(amount.Units, UInt128.MaxValue / factor) * factor / divisor;
}

/// <summary>Something that a payer should look at.</summary>
/// <param name="Code">For machines: empty, empty_soon, withdrawing, policy_expired, policy_expires_soon, day_cap_near, model_day_cap_near or rising.</param>
/// <param name="Message">For people.</param>
public sealed record SpendAlert(string Code, string Message);
