using System.CommandLine;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet deposit</c>: from the wallet into the channel, or into the balance that is in no channel.</summary>
internal static class DepositCommand
{
    public static Command Create()
    {
        var amount = WalletCommand.Amount();
        var permit = new Option<bool>("--permit") { Description = "Sign a permit and send one transaction, instead of an allowance and a deposit." };
        var balance = new Option<bool>("--balance") { Description = "Into the balance in escrow, not yet into the channel." };
        var command = new Command("deposit", "Put dollars from the wallet into the channel.") { amount, permit, balance };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
        {
            var units = Dollars.Require(parsed.GetValue(amount));
            var wallet = (await session.Escrow.ReadFundsAsync()).Wallet;
            if (units > wallet)
            {
                throw new CliException($"The wallet holds {Dollars.Of(wallet)}, less than {Dollars.Of(units)}; nothing was sent.");
            }

            var escrow = session.Escrow;
            var transaction = (parsed.GetValue(balance), parsed.GetValue(permit)) switch
            {
                (false, false) => await escrow.DepositAsync(session.Channel, units, cancellation),
                (false, true) => await escrow.DepositWithPermitAsync(session.Channel, units, cancellation),
                (true, false) => await escrow.DepositBalanceAsync(units, cancellation),
                (true, true) => await escrow.DepositBalanceWithPermitAsync(units, cancellation),
            };
            var place = parsed.GetValue(balance) ? "the balance in escrow" : "the channel";
            Console.WriteLine($"{Dollars.Of(units)} deposited into {place} in transaction {transaction}");
        });
        return command;
    }
}
