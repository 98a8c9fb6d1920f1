using System.CommandLine;
using System.Globalization;
using Ncn.Payments.Policies;
using Spectre.Console;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet forecast</c>: what the channel costs a day, how long it lasts, and what to look at.</summary>
internal static class ForecastCommand
{
    public static Command Create()
    {
        var subnet = new Option<string?>("--subnet") { Description = "The name of the gateway's subnet. Default: the first." };
        var command = new Command("forecast", "Show what the channel costs a day and how long it will last.") { subnet };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
            Print((await session.BooksOf(parsed.GetValue(subnet)).ForecastAsync(session.Channel, cancellation)).Forecast));
        return command;
    }

    private static void Print(SpendForecast forecast)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("channel", "forecast");
        table.AddRow("left to spend", Dollars.Of(forecast.Available));
        table.AddRow("spent today", Dollars.Of(forecast.SpentToday));
        table.AddRow("a day at the present rate", Dollars.Of(forecast.PerDay));
        table.AddRow("lasts", forecast.SecondsLeft is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400} days and {seconds % 86_400 / 3600} hours")
            : "until something is spent");
        foreach (var model in forecast.Models)
        {
            table.AddRow(Markup.Escape($"of it on {model.Model}"), Dollars.Of(model.Amount));
        }

        AnsiConsole.Write(table);
        foreach (var alert in forecast.Alerts)
        {
            Console.Error.WriteLine($"{alert.Code}: {alert.Message}");
        }
    }
}
