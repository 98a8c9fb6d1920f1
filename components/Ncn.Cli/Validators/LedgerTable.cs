using System.Globalization;
using Ncn.Cli.Using;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Validators;

/// <summary>The validators' ledger for people to read.</summary>
internal static class LedgerTable
{
    public static void Print(LedgerReport report)
    {
        var checkpoint = report.Checkpoint is { } last
            ? string.Create(CultureInfo.InvariantCulture, $"last checkpoint on chain: epoch {last.Epoch}, height {last.Height}, {DateTimeOffset.FromUnixTimeSeconds((long)last.AcceptedAt):u}")
            : "no checkpoint on chain yet";
        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"validators of subnet {report.Subnet}: epoch {report.Epoch} is open; {checkpoint}; reward pool {Dollars.Of(report.RewardPool)}"));
        PrintValidators(report);
        PrintNodes(report);
    }

    public static void PrintValidators(LedgerReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("validator", "operator", "epoch", "height", "state", "own requests");
        foreach (var validator in report.Validators)
        {
            table.AddRow(validator.AppId, validator.Operator.ToString(), Number(validator.Epoch), Number(validator.Height), StateOf(validator), Word(validator.Probes));
        }

        AnsiConsole.Write(table);
    }

    private static void PrintNodes(LedgerReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("node", "standing", "checked again", "checks", "failed", "verified models", "stake");
        foreach (var (appId, standing, bonded, frozen) in report.Nodes)
        {
            table.AddRow(
                appId ?? standing.Node.ToString(), Word(standing.Status), string.Create(CultureInfo.InvariantCulture, $"{standing.RatePpm / 10_000m:0.####} %"),
                Number(standing.Checked), Number(standing.Failed), Number((ulong)standing.Verified.Count), frozen.IsZero ? Dollars.Of(bonded) : $"{Dollars.Of(bonded)}, {Dollars.Of(frozen)} frozen");
        }

        AnsiConsole.Write(table);
    }

    private static string StateOf(LedgerValidator validator) => validator switch
    {
        { Problem: { } problem } => $"[red]{Markup.Escape($"{validator.State}: {problem}")}[/]",
        { State: "following" } => "[yellow]follows; its key does not vote in this epoch[/]",
        { Behind: > 2 and var behind } => string.Create(CultureInfo.InvariantCulture, $"[yellow]{behind} behind[/]"),
        { State: "voting" } => "votes",
        _ => $"[yellow]{Markup.Escape(validator.State)}[/]",
    };

    private static string Word(ProbeFigures? probes) => probes is null ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"{probes.Sent} sent, {probes.Checked} checked, {probes.Shown} shown, {probes.Lost} lost; {Dollars.Of(probes.Left)} of {Dollars.Of(probes.Budget)} left in this epoch")
            + (probes.PursesLeft == 0 ? ", [red]no key is left to pay with[/]" : string.Empty);

    private static string Word(StandingStatus status) => status switch
    {
        StandingStatus.New => "new",
        StandingStatus.Good => "good",
        StandingStatus.Suspended => "[red]suspended, out of routing[/]",
        _ => "[red]slashed, out of routing[/]",
    };

    private static string Number(ulong? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
