using System.CommandLine;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet allocate</c>: from the balance in escrow into the channel.</summary>
internal static class AllocateCommand
{
    public static Command Create()
    {
        var amount = WalletCommand.Amount();
        var command = new Command("allocate", "Move dollars from the balance in escrow into the channel.") { amount };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
        {
            var units = Dollars.Require(parsed.GetValue(amount));
            RequireBalance(units, (await session.Escrow.ReadFundsAsync()).Unallocated);
            var transaction = await session.Escrow.AllocateAsync(session.Channel, units, cancellation);
            Console.WriteLine($"{Dollars.Of(units)} allocated to the channel in transaction {transaction}");
        });
        return command;
    }

    public static void RequireBalance(Protocol.TokenAmount wanted, Protocol.TokenAmount balance)
    {
        if (wanted > balance)
        {
            throw new CliException(
                $"The balance in escrow is {Dollars.Of(balance)}, less than {Dollars.Of(wanted)}; nothing was sent. Put more into it: ./ncn wallet deposit --balance DOLLARS");
        }
    }
}
