using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Chain.Payment;
using Ncn.Protocol;

namespace Ncn.Chain.Events;

/// <summary>An event of InferencePayment (contracts/src/payment/IInferencePayment.sol). Amounts are atomic units.</summary>
public abstract record PaymentEvent : ChainEvent
{
    private PaymentEvent(ChainLog log)
        : base(log)
    {
    }

    /// <summary>First escrow in a channel.</summary>
    public sealed record ChannelCreated(ChainLog Log, ChannelId Channel, ChannelConfig Config) : PaymentEvent(Log);

    /// <summary>A channel's escrow grew, by deposit or by allocation.</summary>
    public sealed record Deposited(ChainLog Log, ChannelId Channel, Address Sender, TokenAmount Amount, TokenAmount NewBalance) : PaymentEvent(Log);

    /// <summary>A channel's claimed total rose.</summary>
    public sealed record Claimed(ChainLog Log, ChannelId Channel, Address Sender, TokenAmount Amount, TokenAmount NewTotal) : PaymentEvent(Log);

    /// <summary>A row of a claim changed nothing.</summary>
    public sealed record ClaimSkipped(ChainLog Log, ChannelId Channel, Address Sender, uint Row, ClaimFault Fault) : PaymentEvent(Log);

    /// <summary>Claimed tokens were paid out.</summary>
    public sealed record Settled(ChainLog Log, Address Receiver, Address Token, Address Sender, TokenAmount Amount) : PaymentEvent(Log);

    /// <summary>The payer began a withdrawal; claims made before <paramref name="FinalizeAfter"/> (unix seconds) come first.</summary>
    public sealed record WithdrawInitiated(ChainLog Log, ChannelId Channel, TokenAmount Amount, ulong FinalizeAfter) : PaymentEvent(Log);

    /// <summary>A withdrawal ended and this went to the payer.</summary>
    public sealed record WithdrawFinalized(ChainLog Log, ChannelId Channel, Address Sender, TokenAmount Amount) : PaymentEvent(Log);

    /// <summary>The receiver's side gave unclaimed escrow back.</summary>
    public sealed record Refunded(ChainLog Log, ChannelId Channel, Address Sender, TokenAmount Amount) : PaymentEvent(Log);

    /// <summary>A payer's unallocated balance grew.</summary>
    public sealed record BalanceDeposited(ChainLog Log, Address Payer, Address Token, TokenAmount Amount, TokenAmount NewBalance) : PaymentEvent(Log);

    /// <summary>A part of a payer's balance moved into a channel.</summary>
    public sealed record BalanceAllocated(ChainLog Log, Address Payer, Address Token, ChannelId Channel, TokenAmount Amount) : PaymentEvent(Log);

    /// <summary>A payer took unallocated balance out.</summary>
    public sealed record BalanceWithdrawn(ChainLog Log, Address Payer, Address Token, TokenAmount Amount, TokenAmount NewBalance) : PaymentEvent(Log);

    /// <summary>The claimed totals of several channels of one receiver rose.</summary>
    public sealed record ClaimedPacked(ChainLog Log, Address Receiver, Address Token, Address Sender, ImmutableArray<PackedClaim> Claims) : PaymentEvent(Log);

    /// <summary>A part of a settlement went to the validators of the receiver's subnet.</summary>
    public sealed record ProtocolFeePaid(ChainLog Log, Address Receiver, Address Token, SubnetId Subnet, TokenAmount Fee) : PaymentEvent(Log);

    /// <summary>A payer lets the key that signs its vouchers fill channels from its balance, up to a cap.</summary>
    public sealed record Delegated(ChainLog Log, Address Payer, Address Authorizer, Address Token, TokenAmount Cap) : PaymentEvent(Log);
}

/// <summary>One row of <see cref="PaymentEvent.ClaimedPacked"/>.</summary>
/// <param name="Amount">By how much the channel's claimed total rose.</param>
public readonly record struct PackedClaim(ChannelId Channel, TokenAmount Amount, TokenAmount NewTotal)
{
    private const int Size = Hash32.Size + (2 * sizeof(ulong));

    internal static ImmutableArray<PackedClaim> ReadAll(ReadOnlySpan<byte> rows)
    {
        var claims = ImmutableArray.CreateBuilder<PackedClaim>(rows.Length / Size);
        for (; rows.Length >= Size; rows = rows[Size..])
        {
            claims.Add(new PackedClaim(
                new ChannelId(new Hash32(rows[..Hash32.Size])), new(BinaryPrimitives.ReadUInt64BigEndian(rows[Hash32.Size..])),
                new(BinaryPrimitives.ReadUInt64BigEndian(rows[(Hash32.Size + sizeof(ulong))..]))));
        }

        return rows.IsEmpty ? claims.ToImmutable() : throw new FormatException($"A packed claim has {rows.Length} bytes too many.");
    }
}
