using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ncn.Chain.Registry;
using Ncn.Cli.Using;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Staking;

/// <summary>An operator's stake and rewards in one role of a subnet.</summary>
/// <param name="Earned">All that it ever earned, under the newest checkpoint; null while nobody can prove it.</param>
/// <param name="Problem">Why not.</param>
/// <param name="WithdrawableAt">Unix seconds from which unbonding stake is free; 0 when nothing unbonds.</param>
internal sealed record RewardReport(
    Address Operator, uint Subnet, string Role, TokenAmount? Earned, string? Problem, TokenAmount Claimed, TokenAmount Claimable, TokenAmount Pool,
    TokenAmount Bonded, TokenAmount Unbonding, TokenAmount Frozen, ulong WithdrawableAt)
{
    public static async Task<RewardReport> ReadAsync(StakeSession session, CancellationToken cancellation)
    {
        var (earned, problem) = await EarnedAsync(session, cancellation);
        var (stake, claimed) = (await session.ReadStakeAsync(), await session.ReadClaimedAsync());
        var pool = await session.Chain.Registry.ReadRewardPoolAsync(session.Subnet.Id, session.Token);
        var due = earned is { } all && all > claimed ? all - claimed : TokenAmount.Zero;
        return new RewardReport(
            session.Staker, session.Subnet.Id.Value, session.Role == SubnetRole.Node ? "node" : "validator", earned, problem, claimed, due < pool ? due : pool, pool,
            stake.Bonded, stake.Unbonding, stake.Frozen, await session.Chain.Owner.ReadWithdrawableAtAsync(session.Subnet.Id, session.Role, session.Staker));
    }

    private static async Task<(TokenAmount? Earned, string? Problem)> EarnedAsync(StakeSession session, CancellationToken cancellation)
    {
        try
        {
            return ((await RewardStatement.ReadAsync(session, cancellation))?.Cumulative ?? TokenAmount.Zero, null);
        }
        catch (CliException unproven)
        {
            return (null, unproven.Message);
        }
    }
}

/// <summary><c>node rewards</c>, <c>validator rewards</c>: what an operator has earned, has had, can have, and has at stake.</summary>
internal static class RewardsCommand
{
    public static Command Create(SubnetRole role)
    {
        var (staker, json) = (new Staker(role), NetworkOptions.Json());
        var command = new Command("rewards", "Show what was earned, paid and can be claimed, and the stake behind it.") { json };
        staker.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = await staker.OpenAsync(parsed);
            var report = await RewardReport.ReadAsync(session, cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(report, ProtocolJson.Options));
            }
            else
            {
                Print(report, await session.ReadTimeAsync());
            }

            return 0;
        });
        return command;
    }

    private static void Print(RewardReport report, ulong now)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns($"{report.Role} {report.Operator}", string.Create(CultureInfo.InvariantCulture, $"subnet {report.Subnet}"));
        table.AddRow("earned", report.Earned is { } earned ? Dollars.Of(earned) : Markup.Escape(report.Problem!));
        table.AddRow("paid so far", Dollars.Of(report.Claimed));
        table.AddRow("can be claimed", $"{Dollars.Of(report.Claimable)} (the pool holds {Dollars.Of(report.Pool)})");
        table.AddRow("stake", Dollars.Of(report.Bonded));
        table.AddRow("unbonding", report.Unbonding.IsZero ? "nothing" : $"{Dollars.Of(report.Unbonding)}, {Unbonding.When(report.WithdrawableAt, now)}");
        table.AddRow("frozen by penalties", Dollars.Of(report.Frozen));
        AnsiConsole.Write(table);
    }
}
