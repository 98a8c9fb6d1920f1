using Ncn.Coordination.Requests;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Invariants;

/// <summary>What must hold when everybody is up, nothing is lost any more, and all that was begun has ended.</summary>
internal static class QuietChecks
{
    internal static void Check(SimulatedNetwork network)
    {
        foreach (var account in network.Invariants.Money.Accounts)
        {
            CheckAccount(network, account);
        }

        foreach (var gateway in network.Gateways)
        {
            DispatchInvariants.CheckIdle(gateway.Name, gateway.Board.State);
            if (gateway.Door.State is { Slots: not 0 } or { Waiting: not 0 })
            {
                throw new ViolationException(Invariant.NobodyWaitsForEver, $"{gateway.Name}: {gateway.Door.State.Slots} places taken, {gateway.Door.State.Waiting} wait");
            }
        }

        foreach (var client in network.Clients)
        {
            CheckEscrow(network, Names.ClientLedger(client.Number));
        }

        if (network.Registry.Subnet.Members.Count != network.Nodes.Count)
        {
            throw new ViolationException(Invariant.EverybodyIsMember, $"{network.Registry.Subnet.Members.Count} of {network.Nodes.Count}");
        }
    }

    private static void CheckAccount(SimulatedNetwork network, MoneyInvariants.Account account)
    {
        var order = account.Order;
        var entry = network.Registry.Request(order);
        var charged = network.Registry.Channel(Names.ClientLedger(order.Client)).Recent.TryGetValue(order.Key, out var settled) ? settled.Amount : default;
        var couldCharge = !account.HasRunOut && account.Keepers.TrueForAll(static keeper => keeper.Gateway.Life == keeper.Life);
        if (account.Delivered is { } answer && couldCharge && charged != answer.Cost)
        {
            throw new ViolationException(Invariant.DeliveredIsCharged, $"{order}: charged {charged}; the answer says {answer.Cost}");
        }

        if (account.IsQueued && entry.Ledger.Phase == RequestPhase.Failed && !charged.IsZero)
        {
            throw new ViolationException(Invariant.FailedIsNotCharged, $"{order} was charged {charged}");
        }

        var isAnswered = account.Delivered is not null || account.IsPromised || entry.Answer is { IsSuccess: true };
        if (!charged.IsZero && !isAnswered)
        {
            throw new ViolationException(Invariant.ChargedIsAnswered, $"{order} was charged {charged} and is {entry.Ledger.Phase}");
        }

        if (account.IsQueued && !entry.Ledger.IsAnswered)
        {
            throw new ViolationException(Invariant.QueuedIsAnswered, $"{order} is {entry.Ledger.Phase}");
        }
    }

    private static void CheckEscrow(SimulatedNetwork network, string ledger)
    {
        var (books, escrow) = (network.Registry.Channel(ledger), network.Chain.Read(ledger));
        var sum = books.Recent.Pages.Values.SelectMany(static page => page).Aggregate(TokenAmount.Zero, static (total, request) => total + request.Settled.Amount);
        if (sum != books.Charged)
        {
            throw new ViolationException(Invariant.KeyChargedOnce, $"{ledger}: {books.Charged} charged, its keys come to {sum}");
        }

        if (books.Charged > escrow.Balance)
        {
            throw new ViolationException(Invariant.ChargedIsClaimable, $"{ledger}: {books.Charged} charged, {escrow.Balance} there");
        }
    }
}
