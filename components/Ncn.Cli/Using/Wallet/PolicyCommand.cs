using System.CommandLine;
using System.Globalization;
using Ncn.Client.Paying;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet policy</c>: what the key that signs the channel's vouchers may spend; the gateway's ledger keeps to it.</summary>
internal static class PolicyCommand
{
    public static Command Create()
    {
        var subnet = new Option<string?>("--subnet") { Description = "The name of the gateway's subnet. Default: the first." };
        var perRequest = new Option<string?>("--per-request") { Description = "The most that one request may cost, in dollars." };
        var perDay = new Option<string?>("--per-day") { Description = "The most that a UTC day may cost, in dollars." };
        var days = new Option<int?>("--days") { Description = "How many days it is good for; after that the key spends nothing." };
        var models = new Option<string[]>("--model") { Description = "A model and the dollars that a day of it may cost, such as tiny-chat=0.50. May be given again." };
        var only = new Option<bool>("--only-listed") { Description = "Refuse models that --model does not name." };
        var none = new Option<bool>("--none") { Description = "Lift all bounds." };
        var command = new Command("policy", "Set what the channel's key may spend. Without options: show it.") { subnet, perRequest, perDay, days, models, only, none };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
        {
            var books = session.BooksOf(parsed.GetValue(subnet));
            var limits = new SpendLimits
            {
                PerRequest = Cap(parsed.GetValue(perRequest)),
                PerDay = Cap(parsed.GetValue(perDay)),
                ExpiresAt = parsed.GetValue(days) is { } count and >= 0 and <= 36_500 ? DateTimeOffset.UtcNow.AddDays(count) : DateTimeOffset.MaxValue,
                ListedOnly = parsed.GetValue(only),
                Models = [.. (parsed.GetValue(models) ?? []).Select(Model)],
            };
            var isSet = parsed.GetValue(none) || limits != new SpendLimits { Models = limits.Models } || limits.Models.Count > 0;
            Print(isSet ? await books.SetPolicyAsync(session.Channel, limits, cancellation) : (await books.ForecastAsync(session.Channel, cancellation)).Policy);
        });
        return command;
    }

    private static TokenAmount Cap(string? dollars) => dollars is null ? SpendPolicy.NoCap : Dollars.RequireOrZero(dollars);

    private static ModelCap Model(string text)
    {
        var split = text.LastIndexOf('=');
        return split > 0
            ? new ModelCap(text[..split], SpendPolicy.NoCap, Dollars.RequireOrZero(text[(split + 1)..]))
            : throw new CliException($"'{text}' is no model with a cap; write for example tiny-chat=0.50.");
    }

    private static void Print(Signed<SpendPolicy>? signed)
    {
        if (signed?.Message is not { } policy)
        {
            Console.WriteLine("No policy is set: the channel's key may spend what the channel holds.");
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("policy", $"for the key {policy.Delegate}");
        table.AddRow("one request, at most", Text(policy.PerRequest));
        table.AddRow("a day, at most", Text(policy.PerDay));
        foreach (var cap in policy.Models)
        {
            table.AddRow(Markup.Escape($"a day of {cap.Model}, at most"), Text(cap.PerDay));
        }

        table.AddRow("other models", policy.ListedOnly ? "refused" : "allowed");
        table.AddRow("good until", policy.ExpiresAt > (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() - 1 ? "replaced"
            : DateTimeOffset.FromUnixTimeMilliseconds((long)policy.ExpiresAt).ToString("u", CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
    }

    private static string Text(TokenAmount cap) => cap == SpendPolicy.NoCap ? "no cap" : Dollars.Of(cap);
}
