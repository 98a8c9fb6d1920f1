using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>Asks the chain what a channel holds.</summary>
internal sealed record FundsCall(string Channel)
{
    public override string ToString() => $"read {Channel} on chain";
}

/// <summary>Asks for the chain's events after a number.</summary>
internal sealed record EventsCall(int After)
{
    public override string ToString() => "chain events";
}

/// <summary>A claim's transaction.</summary>
internal sealed record ClaimCall(string Channel, SignedVoucher Voucher, TokenAmount Total)
{
    public override string ToString() => $"claim {Total}";
}

/// <summary>The payer begins to withdraw.</summary>
internal sealed record WithdrawCall(string Channel, TokenAmount Amount)
{
    public override string ToString() => $"withdraw {Amount}";
}

/// <summary>An event and what the channel was after it.</summary>
internal sealed record ChainEvent(string Channel, ChannelEscrow Escrow);

/// <summary>The escrow contract, as far as channels go: deposits, claims on signed vouchers, withdrawals after a delay. It never stops.</summary>
internal sealed class ChainProcess(World world) : Process(world, "chain")
{
    /// <summary>From a withdrawal's start to its end, milliseconds: far longer than any fault lasts.</summary>
    internal const ulong WithdrawDelay = 300_000;

    private const ulong BlockTime = 2_000;
    private readonly SortedDictionary<string, ChannelEscrow> _channels = new(StringComparer.Ordinal);
    private readonly List<ChainEvent> _events = [];

    /// <summary>Whether a withdrawal has begun and not ended.</summary>
    internal bool IsWithdrawing => _channels.Values.Any(static channel => !channel.Withdrawing.IsZero);

    /// <summary>A broken escrow (a mutation).</summary>
    internal bool PaysOutPromises { get; init; }

    internal void Deposit(string channel, TokenAmount amount) =>
        _channels[channel] = new ChannelEscrow(Block, amount, default, default, 0);

    internal ChannelEscrow Read(string channel) => _channels[channel];

    private ulong Block => World.Now / BlockTime;

    internal override void Start()
    {
    }

    protected override void OnCall(Call call)
    {
        switch (call.Body)
        {
            case FundsCall read:
                call.Reply(_channels[read.Channel]);
                break;
            case EventsCall read:
                call.Reply(_events.Skip(read.After).Take(16).ToArray());
                break;
            case ClaimCall claim:
                Claim(claim);
                call.Reply(_channels[claim.Channel]);
                break;
            case WithdrawCall withdraw:
                Withdraw(withdraw);
                call.Reply(true);
                break;
            default:
                throw new InvalidOperationException($"The chain does not know {call.Body}.");
        }
    }

    private void Claim(ClaimCall claim)
    {
        var channel = _channels[claim.Channel];
        var isSigned = claim.Voucher.Signature == Names.Seal(claim.Voucher.MaxClaimableAmount);
        if (isSigned && claim.Total <= claim.Voucher.MaxClaimableAmount && claim.Total <= channel.Balance && claim.Total > channel.Claimed)
        {
            Say($"{claim.Total} of {claim.Channel} is claimed");
            Set(claim.Channel, channel with { Claimed = claim.Total });
        }
    }

    private void Withdraw(WithdrawCall call)
    {
        var channel = _channels[call.Channel];
        if (!channel.Withdrawing.IsZero)
        {
            return;
        }

        Say($"a withdrawal of {call.Amount} from {call.Channel} begins");
        Set(call.Channel, channel with { Withdrawing = PaysOutPromises ? channel.Balance : TokenAmount.Min(call.Amount, channel.Balance), WithdrawalBegunAt = World.Now / 1000 });
        World.Schedule(World.Now + WithdrawDelay, new WorldEvent(() => End(call.Channel)));
    }

    private void End(string name)
    {
        var channel = _channels[name];
        var paid = TokenAmount.Min(channel.Withdrawing, PaysOutPromises ? channel.Balance : TokenAmount.SubtractOrZero(channel.Balance, channel.Claimed));
        Say($"{paid} of {name} is withdrawn");
        Set(name, channel with { Balance = channel.Balance - paid, Withdrawing = default, WithdrawalBegunAt = 0 });
    }

    private void Set(string name, ChannelEscrow next)
    {
        var channel = next with { Block = Block };
        _channels[name] = channel;
        _events.Add(new ChainEvent(name, channel));
    }
}
