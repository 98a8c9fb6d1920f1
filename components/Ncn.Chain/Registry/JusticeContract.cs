using System.Numerics;
using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

/// <summary>How far a penalty has come; the values of IPenalties.PenaltyState.</summary>
public enum PenaltyState : byte
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>The stake is frozen and may still be pardoned.</summary>
    Open,

    /// <summary>The stake is taken.</summary>
    Executed,

    /// <summary>The stake is free again.</summary>
    Pardoned,
}

/// <summary>A penalty that a checkpoint decided.</summary>
/// <param name="ExecutableAt">Unix seconds.</param>
public sealed record PenaltyView(PenaltyState State, SubnetRole Role, Address Operator, TokenAmount Amount, ulong ExecutableAt);

/// <summary>A dispute about a gateway's statement.</summary>
/// <param name="ClosableAt">Unix seconds until which the gateway can answer.</param>
public sealed record DisputeView(
    SubnetId Subnet, Address Gateway, Address Payer, ChannelId Channel, TokenAmount MaxClaimableAmount, TokenAmount OverClaim, TokenAmount Frozen, ulong ClosableAt);

/// <summary>Penalties by quorum and disputes about statements (contracts/src/registry/IPenalties.sol and IDisputes.sol).</summary>
/// <remarks>Methods named …Call give a call to send: with <see cref="ChainConnection.SendAsync(TransactionCall, CancellationToken)"/>, or under a purpose.</remarks>
public sealed class JusticeContract(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.ValidatorRegistry;

    /// <summary>Freezes the stake that the newest checkpoint penalizes. Anybody may send it.</summary>
    /// <param name="proof">Merkle proof of the leaf, from the bottom.</param>
    public TransactionCall OpenPenaltyCall(
        SubnetId subnet, Hash32 penalty, SubnetRole role, Address stakeholder, TokenAmount amount, Hash32 reason, IEnumerable<Hash32> proof) => Call(new OpenPenaltyMessage
        {
            SubnetId = subnet.Value,
            PenaltyId = penalty.ToArray(),
            Role = (byte)role,
            Operator = stakeholder.ToString(),
            Amount = amount.Units,
            Reason = reason.ToArray(),
            Proof = [.. proof.Select(node => node.ToArray())],
        });

    /// <summary>Takes the frozen stake once the delay for appeals has passed. Anybody may send it.</summary>
    public TransactionCall ExecutePenaltyCall(SubnetId subnet, Hash32 penalty) => Call(new ExecutePenaltyMessage { SubnetId = subnet.Value, PenaltyId = penalty.ToArray() });

    /// <summary>Frees the frozen stake because a later checkpoint pardons it. Anybody may send it.</summary>
    public TransactionCall PardonPenaltyCall(SubnetId subnet, Hash32 penalty, IEnumerable<Hash32> proof) =>
        Call(new PardonPenaltyMessage { SubnetId = subnet.Value, PenaltyId = penalty.ToArray(), Proof = [.. proof.Select(node => node.ToArray())] });

    /// <summary>Says that a gateway claimed more from a channel than it had stated. Anybody may send it.</summary>
    public TransactionCall OpenDisputeCall(Signed<ChannelStatement> statement, ChannelConfig config)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(config);
        return Call(new OpenDisputeMessage
        {
            Statement = TupleOf(statement.Message),
            Signature = statement.Signature.ToArray(),
            Config = ChannelTuple.From(config),
        });
    }

    /// <summary>Shows a later voucher of the payer that covers what was claimed. Anybody may send it.</summary>
    public TransactionCall AnswerDisputeCall(Hash32 dispute, TokenAmount maxClaimableAmount, Signature voucherSignature) => Call(
        new AnswerDisputeMessage { DisputeId = dispute.ToArray(), MaxClaimableAmount = maxClaimableAmount.Units, VoucherSignature = voucherSignature.ToArray() });

    /// <summary>Ends a dispute that nobody answered in time: the payer gets the over-claim from the gateway's stake. Anybody may send it.</summary>
    public TransactionCall CloseDisputeCall(Hash32 dispute) => Call(new CloseDisputeMessage { DisputeId = dispute.ToArray() });

    /// <summary>A penalty; its state is None when it was never opened.</summary>
    public async Task<PenaltyView> ReadPenaltyAsync(SubnetId subnet, Hash32 penalty)
    {
        var found = (await chain.QueryManyAsync<GetPenaltyMessage, GetPenaltyOutput>(
            _contract, new GetPenaltyMessage { SubnetId = subnet.Value, PenaltyId = penalty.ToArray() }).ConfigureAwait(false)).Penalty;
        return new PenaltyView((PenaltyState)found.State, (SubnetRole)found.Role, Address.Parse(found.Operator), AmountOf(found.Amount), found.ExecutableAt);
    }

    /// <summary>A dispute; null when it was never opened.</summary>
    public async Task<DisputeView?> ReadDisputeAsync(Hash32 dispute)
    {
        var found = (await chain.QueryManyAsync<GetDisputeMessage, GetDisputeOutput>(
            _contract, new GetDisputeMessage { DisputeId = dispute.ToArray() }).ConfigureAwait(false)).Dispute;
        return found.SubnetId.IsZero ? null : new DisputeView(
            new SubnetId((uint)found.SubnetId), Address.Parse(found.Gateway), Address.Parse(found.Payer), new ChannelId(new Hash32(found.ChannelId)),
            AmountOf(found.MaxClaimableAmount), AmountOf(found.OverClaim), AmountOf(found.Frozen), found.ClosableAt);
    }

    private TransactionCall Call<TMessage>(TMessage message)
        where TMessage : FunctionMessage, new() => ChainConnection.CallOf(_contract, message);

    private static StatementTuple TupleOf(ChannelStatement statement) => new()
    {
        SubnetId = statement.Subnet.Value,
        Payment = statement.Payment.ToString(),
        ChannelId = statement.ChannelId.Value.ToArray(),
        MaxClaimableAmount = statement.MaxClaimableAmount.Units,
        Charged = statement.Charged.Units,
        IssuedAt = statement.IssuedAt,
    };

    private static TokenAmount AmountOf(BigInteger value) => new((UInt128)value);
}
