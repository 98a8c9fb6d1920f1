using System.Numerics;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

/// <summary>Parameters that the owner proposed.</summary>
/// <param name="EffectiveAt">Unix seconds from which they are in force.</param>
public sealed record PendingParameters(SubnetParameters Parameters, ulong EffectiveAt);

/// <summary>What owners and operators do with subnets and stakes, and rewards (contracts/src/registry/ISubnets.sol, IStakes.sol, IRewards.sol).</summary>
/// <remarks>Methods named …Call give a call to send: with <see cref="ChainConnection.SendAsync(TransactionCall, CancellationToken)"/>, or under a purpose.</remarks>
public sealed class StakeContract(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.ValidatorRegistry;

    /// <summary>Makes a subnet owned by the sender, with these parameters in force at once.</summary>
    public TransactionCall CreateCall(string name, Address stakeToken, SubnetParameters parameters) =>
        Call(new CreateSubnetMessage { Name = name, StakeToken = stakeToken.ToString(), Parameters = ValidatorRegistryContract.TupleOf(parameters) });

    /// <summary>The owner proposes parameters, in force three days later.</summary>
    public TransactionCall ProposeParametersCall(SubnetId subnet, SubnetParameters parameters) =>
        Call(new ProposeSubnetParametersMessage { SubnetId = subnet.Value, Parameters = ValidatorRegistryContract.TupleOf(parameters) });

    /// <summary>The owner takes its proposal back.</summary>
    public TransactionCall CancelParametersCall(SubnetId subnet) => Call(new CancelSubnetParametersMessage { SubnetId = subnet.Value });

    /// <summary>The owner names its successor; zero takes that back.</summary>
    public TransactionCall TransferCall(SubnetId subnet, Address newOwner) => Call(new TransferSubnetMessage { SubnetId = subnet.Value, NewOwner = newOwner.ToString() });

    /// <summary>The successor takes over.</summary>
    public TransactionCall AcceptCall(SubnetId subnet) => Call(new AcceptSubnetMessage { SubnetId = subnet.Value });

    /// <summary>Stake of the sender begins to unbond.</summary>
    public TransactionCall UnbondCall(SubnetId subnet, SubnetRole role, TokenAmount amount) =>
        Call(new UnbondMessage { SubnetId = subnet.Value, Role = (byte)role, Amount = amount.Units });

    /// <summary>The sender takes its unbonded stake out.</summary>
    public TransactionCall WithdrawCall(SubnetId subnet, SubnetRole role) => Call(new WithdrawStakeMessage { SubnetId = subnet.Value, Role = (byte)role });

    /// <summary>The sender's fees go to the validators of this subnet from now on.</summary>
    public TransactionCall SetHomeCall(SubnetId subnet) => Call(new SetHomeSubnetMessage { SubnetId = subnet.Value });

    /// <summary>Puts tokens of the sender into a subnet's reward pool, by allowance.</summary>
    public TransactionCall FundRewardsCall(SubnetId subnet, Address token, TokenAmount amount) =>
        Call(new FundRewardsMessage { SubnetId = subnet.Value, Token = token.ToString(), Amount = amount.Units });

    /// <summary>Pays an account what the newest checkpoint grants it beyond what it was paid.</summary>
    /// <param name="proof">Merkle proof of the leaf, from the bottom.</param>
    public TransactionCall ClaimRewardCall(SubnetId subnet, Address token, Address account, TokenAmount cumulativeAmount, IEnumerable<Hash32> proof) => Call(
        new ClaimRewardMessage
        {
            SubnetId = subnet.Value,
            Token = token.ToString(),
            Account = account.ToString(),
            CumulativeAmount = cumulativeAmount.Units,
            Proof = [.. proof.Select(node => node.ToArray())],
        });

    /// <summary>Parameters that are proposed and not in force; null when there are none.</summary>
    public async Task<PendingParameters?> ReadPendingParametersAsync(SubnetId subnet)
    {
        var pending = await chain.QueryManyAsync<PendingSubnetParametersMessage, PendingSubnetParametersOutput>(
            _contract, new PendingSubnetParametersMessage { SubnetId = subnet.Value }).ConfigureAwait(false);
        return pending.EffectiveAt == 0 ? null : new PendingParameters(ValidatorRegistryContract.ParametersOf(pending.Parameters), pending.EffectiveAt);
    }

    /// <summary>The subnet whose validators an operator's fees go to; null for none.</summary>
    public async Task<SubnetId?> ReadHomeAsync(Address stakeholder)
    {
        var home = await chain.QueryAsync<HomeSubnetMessage, BigInteger>(_contract, new HomeSubnetMessage { Operator = stakeholder.ToString() }).ConfigureAwait(false);
        return home.IsZero ? null : new SubnetId((uint)home);
    }

    /// <summary>Unix seconds from which unbonding stake can be taken out, whatever else it waits for.</summary>
    public Task<ulong> ReadWithdrawableAtAsync(SubnetId subnet, SubnetRole role, Address stakeholder) => chain.QueryAsync<WithdrawableAtMessage, ulong>(
        _contract, new WithdrawableAtMessage { SubnetId = subnet.Value, Role = (byte)role, Operator = stakeholder.ToString() });

    /// <summary>Whether an operator has at least the role's minimum bonded.</summary>
    public Task<bool> IsActiveAsync(SubnetId subnet, SubnetRole role, Address stakeholder) => chain.QueryAsync<IsActiveMessage, bool>(
        _contract, new IsActiveMessage { SubnetId = subnet.Value, Role = (byte)role, Operator = stakeholder.ToString() });

    /// <summary>All stake that is bonded in a role.</summary>
    public async Task<TokenAmount> ReadTotalBondedAsync(SubnetId subnet, SubnetRole role) => new((UInt128)await chain.QueryAsync<TotalBondedMessage, BigInteger>(
        _contract, new TotalBondedMessage { SubnetId = subnet.Value, Role = (byte)role }).ConfigureAwait(false));

    /// <summary>What an account was ever paid as reward.</summary>
    public async Task<TokenAmount> ReadClaimedRewardAsync(SubnetId subnet, Address token, Address account) => new((UInt128)await chain.QueryAsync<ClaimedRewardMessage, BigInteger>(
        _contract, new ClaimedRewardMessage { SubnetId = subnet.Value, Token = token.ToString(), Account = account.ToString() }).ConfigureAwait(false));

    private TransactionCall Call<TMessage>(TMessage message)
        where TMessage : FunctionMessage, new() => ChainConnection.CallOf(_contract, message);
}
