using System.CommandLine;
using Ncn.Protocol;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet delegate</c>: another key may fill channels, that it signs vouchers for, from the balance in escrow.</summary>
internal static class DelegateCommand
{
    public static Command Create()
    {
        var key = new Argument<string>("address") { Description = "The address of the key, which signs the vouchers of the channels that it fills." };
        var cap = new Argument<string?>("dollars") { Description = "How much it may use in all; 0 takes the delegation back. Without it: show what is left.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("delegate", "Let another key use the balance in escrow up to a cap.") { key, cap };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
        {
            if (!Address.TryParse(parsed.GetValue(key), out var authorizer) || authorizer.IsZero)
            {
                throw new CliException($"'{parsed.GetValue(key)}' is no address; write 0x and 40 hex digits.");
            }

            var escrow = session.Escrow;
            if (parsed.GetValue(cap) is { } text)
            {
                var transaction = await escrow.DelegateAsync(authorizer, Dollars.RequireOrZero(text), cancellation);
                Console.WriteLine($"delegated in transaction {transaction}");
            }

            var (left, balance) = (await escrow.ReadDelegationAsync(escrow.Address, authorizer), (await escrow.ReadFundsAsync()).Unallocated);
            Console.WriteLine($"{authorizer} may allocate {Dollars.Of(left)} of the balance in escrow, which is {Dollars.Of(balance)}");
        });
        return command;
    }
}
