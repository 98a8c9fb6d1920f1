using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>
/// Where money is. At all times what was received is what is in accounts, pots, duty pot, reserve, credits and the funded bonds of open audits: nothing is
/// promised that did not come in.
/// </summary>
internal static class Funds
{
    internal static void Receive(Step step, Fact.FundsReceived fact)
    {
        var amount = TokenAmount.Min(fact.Amount, Bounds.Amount);
        step.State = step.State with { Received = step.State.Received + amount };
        switch (fact.Kind)
        {
            case FundKind.Fee when AddressIn(fact.Source) is { } source:
                Split(step, source, amount);
                break;
            case FundKind.Bond when AddressIn(fact.Source) is { } source:
                PayIn(step, source, amount);
                break;
            case FundKind.Penalty:
                Executed(step, fact.Source, amount);
                break;
            default:
                Keep(step, amount);
                break;
        }
    }

    /// <summary>An account has earned something.</summary>
    internal static void Earn(Step step, Address account, TokenAmount amount)
    {
        var known = step.State.Accounts.TryGetValue(account, out var before);
        if (amount.IsZero)
        {
            return;
        }

        if (account.IsZero || (!known && step.State.Accounts.Count >= Bounds.Accounts))
        {
            Keep(step, amount);
            return;
        }

        step.State = step.State with { Accounts = step.State.Accounts.SetItem(account, before + amount) };
    }

    /// <summary>Somebody has paid in for audits, or gets a bond back.</summary>
    internal static void PayIn(Step step, Address who, TokenAmount amount)
    {
        var credits = step.State.Credits;
        if (credits.TryGetValue(who, out var before) || credits.Count < Bounds.Credits)
        {
            step.State = step.State with { Credits = credits.SetItem(who, new Credit(before.Amount + amount, step.State.Epoch)) };
        }
        else
        {
            Earn(step, who, amount);
        }
    }

    /// <summary>Takes from what somebody has paid in; false, and nothing, when it is not enough.</summary>
    internal static bool Spend(Step step, Address who, TokenAmount amount)
    {
        var isEnough = step.State.Credits.TryGetValue(who, out var credit) && credit.Amount >= amount;
        if (isEnough)
        {
            step.State = step.State with { Credits = step.State.Credits.SetItem(who, credit with { Amount = credit.Amount - amount }) };
        }

        return isEnough;
    }

    /// <summary>Takes from what a gateway is to get of fees, as far as it goes; the amount that was taken.</summary>
    internal static TokenAmount TakeShare(Step step, Address gateway, TokenAmount amount)
    {
        var pot = step.State.Pots.GetValueOrDefault(gateway);
        var taken = TokenAmount.Min(pot.ForGateways, amount);
        if (!taken.IsZero)
        {
            step.State = step.State with { Pots = step.State.Pots.SetItem(gateway, pot with { ForGateways = pot.ForGateways - taken }) };
        }

        return taken;
    }

    /// <summary>The validators get it at the epoch's end.</summary>
    internal static void ForDuty(Step step, TokenAmount amount) => step.State = step.State with { DutyPot = step.State.DutyPot + amount };

    private static void Keep(Step step, TokenAmount amount) => step.State = step.State with { Reserve = step.State.Reserve + amount };

    // A fee is split when it comes; what is not shared out stays in its part.
    private static void Split(Step step, Address source, TokenAmount amount)
    {
        var (rules, pots) = (step.Rules, step.State.Pots);
        var (nodes, gateways, duty) = (Saturating.Share(amount, rules.NodeSharePpm), Saturating.Share(amount, rules.GatewaySharePpm), Saturating.Share(amount, rules.ValidatorSharePpm));
        if (!pots.TryGetValue(source, out var pot) && pots.Count >= Bounds.Pots)
        {
            Keep(step, amount);
            return;
        }

        step.State = step.State with { Pots = pots.SetItem(source, new Pot(pot.ForNodes + nodes, pot.ForGateways + gateways)) };
        ForDuty(step, duty);
        Keep(step, amount - nodes - gateways - duty);
    }

    // First who was harmed, then who found out.
    private static void Executed(Step step, Hash32 id, TokenAmount amount)
    {
        if (!step.State.Penalties.TryGetValue(id, out var penalty))
        {
            ForDuty(step, amount);
            return;
        }

        var owed = TokenAmount.Min(penalty.Owed, amount);
        step.State = step.State with { Penalties = step.State.Penalties.SetItem(id, penalty with { Owed = penalty.Owed - owed }) };
        Earn(step, penalty.OwedTo, owed);
        ForDuty(step, amount - owed);
    }

    private static Address? AddressIn(Hash32 word)
    {
        var bytes = word.ToArray();
        var address = new Address(bytes.AsSpan(12));
        return bytes.AsSpan(0, 12).IndexOfAnyExcept((byte)0) < 0 && !address.IsZero ? address : null;
    }
}
