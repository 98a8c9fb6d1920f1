using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Cli.Network;
using Spectre.Console;

namespace Ncn.Cli.Using;

/// <summary>Who has been paid, as the chain has it.</summary>
internal static class EarningsTable
{
    public static async Task PrintAsync(NetworkSettings settings, NetworkDescription network)
    {
        using var chain = new ChainConnection(settings.ToChain());
        var escrow = new InferencePaymentContract(chain);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("who", "address", "claimed", "paid out");
        foreach (var wallet in network.Wallets.Where(wallet => wallet.Role is "gateway" or "node"))
        {
            var view = await escrow.ReadReceiverAsync(wallet.Address, settings.Token);
            table.AddRow(Path.GetFileNameWithoutExtension(wallet.KeyFile), wallet.Address.ToString(), Dollars.Of(view.TotalClaimed), Dollars.Of(view.TotalSettled));
        }

        AnsiConsole.Write(table);
    }
}
