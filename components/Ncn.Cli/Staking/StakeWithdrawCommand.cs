using System.CommandLine;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Chain.Transactions;
using Ncn.Cli.Using;

namespace Ncn.Cli.Staking;

/// <summary><c>node withdraw</c>, <c>validator withdraw</c>: rewards at once, stake in two steps with the subnet's delay between them.</summary>
internal static class StakeWithdrawCommand
{
    public static Command Create(SubnetRole role)
    {
        var staker = new Staker(role);
        var dollars = new Option<string?>("--dollars") { Description = "With --start: how much stake, or 'all', which is the default." };
        var start = new Option<bool>("--start") { Description = "Begin to take stake out." };
        var finish = new Option<bool>("--finish") { Description = "Take out the stake whose delay has passed." };
        var command = new Command("withdraw", "Take rewards out, by a proof that is asked of a validator; or stake, with --start and --finish.") { dollars, start, finish };
        staker.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(start) && result.GetValue(finish))
            {
                result.AddError("--start and --finish are two steps with the subnet's delay between them; give one of them.");
            }

            if (result.GetValue(dollars) is not null && !result.GetValue(start))
            {
                result.AddError("--dollars goes with --start; rewards and free stake are taken out whole.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = await staker.OpenAsync(parsed);
            await (parsed.GetValue(start) ? Unbonding.StartAsync(session, parsed.GetValue(dollars), cancellation)
                : parsed.GetValue(finish) ? Unbonding.FinishAsync(session, cancellation)
                : ClaimAsync(session, cancellation));
            return 0;
        });
        return command;
    }

    private static async Task ClaimAsync(StakeSession session, CancellationToken cancellation)
    {
        var (statement, before) = (await RewardStatement.ReadAsync(session, cancellation), await session.ReadClaimedAsync());
        if (statement is null || statement.Cumulative <= before)
        {
            throw new CliException($"{session.Staker} has had all that it has earned in subnet {session.Subnet.Id}, {Dollars.Of(before)}; nothing was sent.");
        }

        try
        {
            await session.Chain.SendAsync(CallOf(session, statement), cancellation);
        }
        catch (ContractRevertedException refused) when (refused.Message.Contains("NotInRewardsRoot", StringComparison.Ordinal))
        {
            // The next checkpoint came in between, with another root.
            statement = await RewardStatement.ReadAsync(session, cancellation) ?? throw new CliException("The newest checkpoint has nothing for this account; nothing was paid.");
            await session.Chain.SendAsync(CallOf(session, statement), cancellation);
        }

        if (session.Chain.Broadcast)
        {
            var paid = await session.ReadClaimedAsync();
            Console.WriteLine($"{Dollars.Of(paid - before)} of rewards went to {session.Staker}");
            Console.WriteLine(paid == statement.Cumulative ? "nothing more is due" : $"{Dollars.Of(statement.Cumulative - paid)} stay due: the pool is empty until fees come in");
        }
    }

    private static TransactionCall CallOf(StakeSession session, RewardStatement statement) =>
        session.Chain.Owner.ClaimRewardCall(session.Subnet.Id, session.Token, session.Staker, statement.Cumulative, statement.Proof);
}
