using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Cli.Using;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>What client, gateway, nodes and validators own, in the wallet or in a contract; the sum may not change by a unit.</summary>
internal static class MoneyTable
{
    /// <summary>Amounts by owner, in a fixed order.</summary>
    public static async Task<IReadOnlyList<Owned>> ReadAsync(DemoSession session)
    {
        using var gatewayKey = KeyFiles.Read(session.State.KeyFile(KeyFiles.Gateway));
        var settings = session.Wallet.Settings;
        var (client, gateway, domain) = (session.Wallet.Address, gatewayKey.Address, settings.ToChain().PaymentsDomain);
        var escrow = new InferencePaymentContract(session.Chain);
        var nodes = session.Network.Workers.Select(worker => worker.Operator!.Value).ToArray();

        var clientChannel = await escrow.ReadChannelAsync(Provisioner.ClientChannel(client, gateway, settings.Token).Id(domain));
        var toNodes = TokenAmount.Zero;
        foreach (var node in nodes)
        {
            toNodes += (await escrow.ReadChannelAsync(NodeChannel.Config(gateway, node, settings.Token).Id(domain))).Unclaimed;
        }

        var owned = new List<Owned>
        {
            new("client", await LiquidAsync(session, escrow, client) + clientChannel.Unclaimed),
            new("gateway", await LiquidAsync(session, escrow, gateway) + toNodes),
        };
        for (var i = 0; i < nodes.Length; i++)
        {
            owned.Add(new Owned($"node {i + 1}", await LiquidAsync(session, escrow, nodes[i])));
        }

        owned.Add(new Owned("validators (protocol fee)", await RewardsAsync(session, settings.Token)));
        return owned;
    }

    /// <exception cref="CliException">Money appeared or vanished, or the client paid something else than its answers cost.</exception>
    public static void Print(DemoSession session, IReadOnlyList<Owned> before, IReadOnlyList<Owned> after)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("who", "before", "after", "change");
        foreach (var (was, now) in before.Zip(after))
        {
            table.AddRow(was.Who, Dollars.Of(was.Amount), Dollars.Of(now.Amount), Change(was.Amount, now.Amount));
        }

        table.AddRow("[bold]together[/]", Dollars.Of(Sum(before)), Dollars.Of(Sum(after)), Change(Sum(before), Sum(after)));
        AnsiConsole.Write(table);
        var paid = before[0].Amount - after[0].Amount;
        if (Sum(before) != Sum(after) || paid != session.Spent)
        {
            throw new CliException($"The books do not agree: the client paid {paid} units for answers that cost {session.Spent}, and the sum went from {Sum(before)} to {Sum(after)}.");
        }

        AnsiConsole.MarkupLine($"The client paid {Dollars.Of(paid)}, exactly what its {session.Answers.Count} answers cost; every unit of it is with the gateway, a node or, as the protocol fee, in the validators' reward pool.");
    }

    private static async Task<TokenAmount> RewardsAsync(DemoSession session, Address token)
    {
        var registry = new ValidatorRegistryContract(session.Chain);
        var sum = TokenAmount.Zero;
        for (var subnet = 1u; subnet <= LocalStakes.Subnets.Length; subnet++)
        {
            sum += await registry.ReadRewardPoolAsync(new SubnetId(subnet), token);
        }

        return sum;
    }

    /// <summary>In the wallet, unallocated in escrow, or claimed and not yet paid out.</summary>
    private static async Task<TokenAmount> LiquidAsync(DemoSession session, InferencePaymentContract escrow, Address account)
    {
        var token = session.Wallet.Settings.Token;
        return await new TokenContract(session.Chain, token).ReadBalanceAsync(account)
            + await escrow.ReadUnallocatedAsync(account, token)
            + (await escrow.ReadReceiverAsync(account, token)).Unsettled;
    }

    private static TokenAmount Sum(IReadOnlyList<Owned> owned) => owned.Aggregate(TokenAmount.Zero, (sum, entry) => sum + entry.Amount);

    private static string Change(TokenAmount before, TokenAmount after) => after == before ? "$0.000000"
        : after > before ? $"[green]+{Dollars.Of(after - before)}[/]"
        : $"[red]-{Dollars.Of(before - after)}[/]";
}

/// <summary>How much of the token somebody owns.</summary>
internal sealed record Owned(string Who, TokenAmount Amount);
