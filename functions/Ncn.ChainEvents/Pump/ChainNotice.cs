using System.Text.Json;
using Ncn.Chain.Events;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Pump;

/// <summary>What a notice is about.</summary>
public enum NoticeKind
{
    /// <summary>Channels changed.</summary>
    Channels,

    /// <summary>A payer began to withdraw from a channel.</summary>
    Withdrawal,

    /// <summary>A subnet's parameters or its owner changed or will.</summary>
    Subnet,

    /// <summary>An operator's stake or home changed.</summary>
    Stake,

    /// <summary>Somebody disputes a claim of a gateway.</summary>
    Dispute,

    /// <summary>The chain took blocks back.</summary>
    Reorganized,
}

/// <summary>Tells that something happened on the chain, and to what. What is true now is read from the chain by whoever applies it.</summary>
/// <param name="Id">The event's id, for ever; the message's id too.</param>
/// <param name="Block">The event's block; for a reorganization, the first block that was taken back.</param>
/// <param name="Config">The definition of the channel, where the event gave it.</param>
public sealed record ChainNotice(
    string Id, NoticeKind Kind, ulong Block, IReadOnlyList<ChannelId>? Channels = null, ChannelConfig? Config = null, SubnetId? Subnet = null,
    Address? Operator = null, Hash32? Dispute = null)
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxChannels = 4096;

    /// <summary>The body of a message.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Options);

    /// <summary>Reads a message's body; the reason when it is no notice, or lacks what its kind needs.</summary>
    public static ChainNotice? Parse(ReadOnlySpan<byte> body, out string problem)
    {
        if (body.Length > MaxBytes)
        {
            problem = $"the body has {body.Length} bytes; a notice has at most {MaxBytes}";
            return null;
        }

        try
        {
            var notice = JsonSerializer.Deserialize<ChainNotice>(body, ProtocolJson.Options) ?? throw new JsonException("it is null");
            problem = notice.IsWhole() ? "" : $"a notice of the kind {notice.Kind} lacks what it is about";
            return problem.Length == 0 ? notice : null;
        }
        catch (JsonException malformed)
        {
            problem = $"the body is no notice: {malformed.Message}";
            return null;
        }
    }

    /// <summary>The notice of an event; null for an event that nothing here depends on.</summary>
    public static ChainNotice? Of(ChainEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var notice = new ChainNotice(happened.Id.ToString(), NoticeKind.Channels, happened.BlockNumber);
        return happened switch
        {
            PaymentEvent payment => OfPayment(notice, payment),
            RegistryEvent registry => OfRegistry(notice, registry),
            _ => null,
        };
    }

    /// <summary>The notice that blocks were taken back, as seen by a reading that ended at <paramref name="last"/>.</summary>
    public static ChainNotice OfReorganization(ulong chainId, ulong from, BlockMark? last) =>
        new($"{chainId}-reorganized-{from}-{last?.Hash.ToString() ?? "start"}", NoticeKind.Reorganized, from);

    private static ChainNotice? OfPayment(ChainNotice notice, PaymentEvent happened) => happened switch
    {
        PaymentEvent.ChannelCreated created => notice with { Channels = [created.Channel], Config = created.Config },
        PaymentEvent.Deposited deposited => notice with { Channels = [deposited.Channel] },
        PaymentEvent.Claimed claimed => notice with { Channels = [claimed.Channel] },
        PaymentEvent.ClaimedPacked packed => notice with { Channels = [.. packed.Claims.Select(static claim => claim.Channel)] },
        PaymentEvent.WithdrawInitiated begun => notice with { Kind = NoticeKind.Withdrawal, Channels = [begun.Channel] },
        PaymentEvent.WithdrawFinalized ended => notice with { Channels = [ended.Channel] },
        PaymentEvent.Refunded refunded => notice with { Channels = [refunded.Channel] },
        _ => null,
    };

    private static ChainNotice? OfRegistry(ChainNotice notice, RegistryEvent happened) => happened switch
    {
        RegistryEvent.SubnetCreated created => notice with { Kind = NoticeKind.Subnet, Subnet = created.Subnet },
        RegistryEvent.SubnetParametersProposed proposed => notice with { Kind = NoticeKind.Subnet, Subnet = proposed.Subnet },
        RegistryEvent.SubnetParametersCancelled cancelled => notice with { Kind = NoticeKind.Subnet, Subnet = cancelled.Subnet },
        RegistryEvent.SubnetOwnerNamed named => notice with { Kind = NoticeKind.Subnet, Subnet = named.Subnet },
        RegistryEvent.SubnetOwnerChanged changed => notice with { Kind = NoticeKind.Subnet, Subnet = changed.Subnet },
        RegistryEvent.Staked staked => notice.OfStake(staked.Subnet, staked.Operator),
        RegistryEvent.Unbonded unbonded => notice.OfStake(unbonded.Subnet, unbonded.Operator),
        RegistryEvent.StakeWithdrawn withdrawn => notice.OfStake(withdrawn.Subnet, withdrawn.Operator),
        RegistryEvent.StakeFrozen frozen => notice.OfStake(frozen.Subnet, frozen.Operator),
        RegistryEvent.StakeReleased released => notice.OfStake(released.Subnet, released.Operator),
        RegistryEvent.StakeSlashed slashed => notice.OfStake(slashed.Subnet, slashed.Operator),
        RegistryEvent.HomeSubnetChanged moved => notice.OfStake(moved.Subnet, moved.Operator),
        RegistryEvent.DisputeOpened opened => notice with
        {
            Kind = NoticeKind.Dispute, Subnet = opened.Subnet, Operator = opened.Gateway, Channels = [opened.Channel], Dispute = opened.Dispute,
        },
        _ => null,
    };

    private ChainNotice OfStake(SubnetId subnet, Address staker) => this with { Kind = NoticeKind.Stake, Subnet = subnet, Operator = staker };

    private bool IsWhole() => !string.IsNullOrEmpty(Id) && Kind switch
    {
        NoticeKind.Channels or NoticeKind.Withdrawal => Channels is { Count: > 0 and <= MaxChannels },
        NoticeKind.Subnet => Subnet is not null,
        NoticeKind.Stake => Subnet is not null && Operator is not null,
        NoticeKind.Dispute => Channels is { Count: 1 } && Operator is not null && Dispute is not null,
        NoticeKind.Reorganized => true,
        _ => false,
    };
}
