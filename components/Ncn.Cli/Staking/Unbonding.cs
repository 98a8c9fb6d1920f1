using Ncn.Cli.Using;
using Ncn.Protocol;

namespace Ncn.Cli.Staking;

/// <summary>Stake on its way out: begun, waited for, taken.</summary>
internal static class Unbonding
{
    private const string All = "all";

    /// <summary>When unbonding stake is free, in words.</summary>
    public static string When(ulong withdrawableAt, ulong now) =>
        withdrawableAt <= now ? "free now: withdraw --finish takes it out" : $"free in {TimeSpan.FromSeconds(withdrawableAt - now)}";

    public static async Task StartAsync(StakeSession session, string? text, CancellationToken cancellation)
    {
        var bonded = (await session.ReadStakeAsync()).Bonded;
        var units = text is null or All ? bonded : Dollars.Require(text);
        if (units.IsZero || units > bonded)
        {
            throw new CliException($"{session.Staker} has {Dollars.Of(bonded)} bonded as {session.Role} in subnet {session.Subnet.Id}; nothing was sent.");
        }

        await session.Chain.SendAsync(session.Chain.Owner.UnbondCall(session.Subnet.Id, session.Role, units), cancellation);
        if (session.Chain.Broadcast)
        {
            Console.WriteLine($"{Dollars.Of(units)} unbond, {When(await WithdrawableAtAsync(session), await session.ReadTimeAsync())}");
            Console.WriteLine(Warning(session, bonded - units));
        }
    }

    public static async Task FinishAsync(StakeSession session, CancellationToken cancellation)
    {
        var (stake, freeAt, now) = (await session.ReadStakeAsync(), await WithdrawableAtAsync(session), await session.ReadTimeAsync());
        if (stake.Unbonding.IsZero)
        {
            throw new CliException($"No stake of {session.Staker} as {session.Role} in subnet {session.Subnet.Id} unbonds. Begin it: withdraw --start. Nothing was sent.");
        }

        if (freeAt > now)
        {
            throw new CliException($"{Dollars.Of(stake.Unbonding)} unbond and are {When(freeAt, now)}: until then evidence of what the stake answers for can still come. Nothing was sent.");
        }

        await session.Chain.SendAsync(session.Chain.Owner.WithdrawCall(session.Subnet.Id, session.Role), cancellation);
        if (session.Chain.Broadcast)
        {
            Console.WriteLine($"{Dollars.Of(stake.Unbonding)} of stake are back with {session.Staker}");
        }
    }

    private static Task<ulong> WithdrawableAtAsync(StakeSession session) => session.Chain.Owner.ReadWithdrawableAtAsync(session.Subnet.Id, session.Role, session.Staker);

    private static string Warning(StakeSession session, TokenAmount left)
    {
        var parameters = session.Subnet.Parameters;
        var least = session.Role == Ncn.Chain.Registry.SubnetRole.Node ? parameters.MinNodeStake : parameters.MinValidatorStake;
        return left >= least ? $"{Dollars.Of(left)} stay bonded" : $"{Dollars.Of(left)} stay bonded, less than the {Dollars.Of(least)} that the role needs: it is over with the next epoch";
    }
}
