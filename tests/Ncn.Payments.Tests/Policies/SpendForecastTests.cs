using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Policies;

/// <summary>The forecast is exact arithmetic over what was charged, and its book stays small.</summary>
public sealed class SpendForecastTests
{
    private const ulong Midnight = 1_790_035_200_000;
    private const ulong Noon = Midnight + (12 * SpendBook.Hour);

    [Theory]
    [InlineData("nothing was spent", "", 1000UL, 0UL, null)]
    [InlineData("one hour is the least that is measured", "0:100", 2400UL, 2400UL, 86_400UL)]
    [InlineData("twelve hours", "-12:600,-6:600", 1200UL, 2400UL, 43_200UL)]
    [InlineData("older than a day is left out", "-40:9999,-1:100", 1000UL, 100UL, 864_000UL)]
    public void The_rate_of_the_last_day_says_how_long_the_money_lasts(string step, string charges, ulong available, ulong perDay, ulong? seconds)
    {
        var forecast = SpendForecast.Of(Book(charges), null, new(available), isWithdrawing: false, Noon);
        Assert.True((new TokenAmount(perDay), seconds) == (forecast.PerDay, forecast.SecondsLeft), $"{step}: {forecast.PerDay}, {forecast.SecondsLeft}");
    }

    [Theory]
    [InlineData("all is well", "-12:10", 1_000_000UL, 0UL, "")]
    [InlineData("nothing left", "", 0UL, 0UL, "empty")]
    [InlineData("less than a day left", "-12:600,-6:600", 1200UL, 0UL, "empty_soon")]
    [InlineData("80 of the day's 100 spent", "-1:80", 1_000_000UL, 100UL, "day_cap_near,model_day_cap_near")]
    [InlineData("five times the average", "-4:10,-3:10,-2:10,0:50", 1_000_000UL, 0UL, "rising")]
    public void What_the_payer_should_look_at_is_said(string step, string charges, ulong available, ulong cap, string alerts)
    {
        var limit = cap == 0 ? SpendPolicy.NoCap : new TokenAmount(cap);
        var policy = new SpendPolicy(default, default, 1, ulong.MaxValue, SpendPolicy.NoCap, limit, false, [new ModelCap("chat", limit, limit)]);
        var forecast = SpendForecast.Of(Book(charges), policy, new(available), isWithdrawing: false, Noon);
        Assert.True(alerts == string.Join(',', forecast.Alerts.Select(static alert => alert.Code)), $"{step}: {string.Join(',', forecast.Alerts)}");
    }

    [Theory]
    [InlineData(0UL, "policy_expired")]
    [InlineData(1UL, "policy_expires_soon")]
    [InlineData(4UL, "")]
    public void An_end_of_the_policy_is_told_before_it_comes(ulong daysLeft, string alert)
    {
        var policy = new SpendPolicy(default, default, 1, Noon + (daysLeft * SpendBook.Day), SpendPolicy.NoCap, SpendPolicy.NoCap, false, []);
        var forecast = SpendForecast.Of(SpendBook.Empty, policy, new(1), isWithdrawing: true, Noon);
        Assert.Equal(alert.Length == 0 ? ["withdrawing"] : ["withdrawing", alert], forecast.Alerts.Select(static found => found.Code));
    }

    [Fact]
    public void A_book_of_years_stays_small_and_forgets_no_charge_of_today()
    {
        var book = SpendBook.Empty;
        for (var i = 0UL; i < 2000; i++)
        {
            book = book.Add([$"model-{i % 100}"], new(1), Midnight + (i * SpendBook.Hour));
        }

        Assert.Equal((25, 8), (book.Hours.Length, book.Days.Length));
        var now = Midnight + (1999 * SpendBook.Hour);
        Assert.Equal(new TokenAmount((1999 % 24) + 1), book.On(now));
        Assert.Equal((1999 % 24) + 1, book.Models.Length);
        var crowded = Enumerable.Range(0, 100).Aggregate(SpendBook.Empty, (all, model) => all.Add([$"m{model}"], new(1), Noon));
        Assert.Equal((SpendBook.MaxModels, new TokenAmount(100)), (crowded.Models.Length, crowded.On(Noon)));
    }

    private static SpendBook Book(string charges) => charges.Split(',', StringSplitOptions.RemoveEmptyEntries).Aggregate(SpendBook.Empty, static (book, charge) =>
    {
        var parts = charge.Split(':');
        var hours = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
        return book.Add(["chat"], TokenAmount.Parse(parts[1]), (ulong)((long)Noon + (hours * (long)SpendBook.Hour)));
    });
}
