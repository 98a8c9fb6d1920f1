using System.Numerics;
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

/// <summary>Penalties by quorum (contracts/src/registry/IPenalties.sol).</summary>
/// <remarks>Methods named …Call give a call to send: with <see cref="ChainConnection.SendAsync(TransactionCall, CancellationToken)"/>, or under a purpose.</remarks>
public sealed class PenaltyContract(ChainConnection chain)
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

    /// <summary>A penalty; its state is None when it was never opened.</summary>
    public async Task<PenaltyView> ReadPenaltyAsync(SubnetId subnet, Hash32 penalty)
    {
        var found = (await chain.QueryManyAsync<GetPenaltyMessage, GetPenaltyOutput>(
            _contract, new GetPenaltyMessage { SubnetId = subnet.Value, PenaltyId = penalty.ToArray() }).ConfigureAwait(false)).Penalty;
        return new PenaltyView((PenaltyState)found.State, (SubnetRole)found.Role, Address.Parse(found.Operator), AmountOf(found.Amount), found.ExecutableAt);
    }

    private TransactionCall Call<TMessage>(TMessage message)
        where TMessage : FunctionMessage, new() => ChainConnection.CallOf(_contract, message);

    private static TokenAmount AmountOf(BigInteger value) => new((UInt128)value);
}
