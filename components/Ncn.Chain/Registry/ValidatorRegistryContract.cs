using System.Numerics;
using Ncn.Chain.Events;
using Ncn.Protocol;

namespace Ncn.Chain.Registry;

/// <summary>What an operator does in a subnet; the values of ISubnets.Role.</summary>
public enum SubnetRole : byte
{
    /// <summary>Sells to clients and pays nodes.</summary>
    Gateway,

    /// <summary>Runs models.</summary>
    Node,

    /// <summary>Agrees on who is in and re-checks answers.</summary>
    Validator,
}

/// <summary>What a subnet asks of its members.</summary>
/// <param name="UnbondingDelay">Seconds between the end of a stake and its return, 14 to 90 days.</param>
/// <param name="EpochLength">Seconds between two snapshots of the validators at least, 10 minutes to 30 days.</param>
/// <param name="VerificationFloor">Share of the answers that validators re-check at least, in basis points, 100 to 10000.</param>
/// <param name="Policy">Keccak of the subnet's policy document; zero when it has none.</param>
public sealed record SubnetParameters(
    TokenAmount MinGatewayStake, TokenAmount MinNodeStake, TokenAmount MinValidatorStake,
    ulong UnbondingDelay, ulong EpochLength, ushort VerificationFloor, Hash32 Policy);

/// <summary>A subnet as the chain has it.</summary>
public sealed record SubnetView(SubnetId Id, string Name, Address Owner, Address StakeToken, SubnetParameters Parameters)
{
    /// <summary>Who may take it over by accepting; zero when nobody was named.</summary>
    public Address PendingOwner { get; init; }
}

/// <summary>An operator's stake in one role of one subnet.</summary>
/// <param name="Frozen">What waits for the end of a penalty or a dispute.</param>
/// <param name="ReleaseAt">Unix seconds from which the unbonding part can be taken out at the earliest; 0 when there is none.</param>
public sealed record StakeView(TokenAmount Bonded, TokenAmount Unbonding, TokenAmount Frozen, ulong ReleaseAt);

/// <summary>Subnets and stakes (contracts/src/registry/ISubnets.sol and IStakes.sol).</summary>
public sealed class ValidatorRegistryContract(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.ValidatorRegistry;
    private readonly ChainEventDecoder _decoder = new(chain.Settings);

    /// <summary>Makes a subnet owned by the sender.</summary>
    public async Task<SubnetView> CreateSubnetAsync(
        string name, Address stakeToken, SubnetParameters parameters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var message = new CreateSubnetMessage { Name = name, StakeToken = stakeToken.ToString(), Parameters = TupleOf(parameters) };
        var receipt = await chain.SendAsync(_contract, message, cancellationToken).ConfigureAwait(false);
        var created = _decoder.Decode<RegistryEvent.SubnetCreated>(receipt.Logs).Single();
        return new SubnetView(created.Subnet, created.Name, created.Owner, stakeToken, parameters);
    }

    /// <summary>How many subnets there are; their ids run from 1.</summary>
    public async Task<uint> ReadSubnetCountAsync() =>
        (uint)await chain.QueryAsync<SubnetCountMessage, BigInteger>(_contract, new SubnetCountMessage()).ConfigureAwait(false);

    /// <summary>A subnet; one that does not exist is a <see cref="ContractRevertedException"/> with the error UnknownSubnet.</summary>
    public async Task<SubnetView> ReadSubnetAsync(SubnetId subnet)
    {
        var output = await chain.QueryManyAsync<GetSubnetMessage, GetSubnetOutput>(_contract, new GetSubnetMessage { SubnetId = subnet.Value }).ConfigureAwait(false);
        var found = output.Subnet;
        return new SubnetView(subnet, found.Name, Address.Parse(found.Owner), Address.Parse(found.StakeToken), ParametersOf(found.Parameters))
        {
            PendingOwner = Address.Parse(found.PendingOwner),
        };
    }

    /// <summary>Adds to the sender's stake; the registry must have an allowance in the subnet's stake token.</summary>
    public async Task<Hash32> StakeAsync(SubnetId subnet, SubnetRole role, TokenAmount amount, CancellationToken cancellationToken = default)
    {
        var message = new StakeMessage { SubnetId = subnet.Value, Role = (byte)role, Amount = amount.Units };
        return (await chain.SendAsync(_contract, message, cancellationToken).ConfigureAwait(false)).Transaction;
    }

    /// <summary>An operator's stake; zero when there is none.</summary>
    public async Task<StakeView> ReadStakeAsync(SubnetId subnet, SubnetRole role, Address stakeholder)
    {
        var message = new GetStakeMessage { SubnetId = subnet.Value, Role = (byte)role, Operator = stakeholder.ToString() };
        var output = await chain.QueryManyAsync<GetStakeMessage, GetStakeOutput>(_contract, message).ConfigureAwait(false);
        return new StakeView(AmountOf(output.Stake.Bonded), AmountOf(output.Stake.Unbonding), AmountOf(output.Stake.Frozen), output.Stake.ReleaseAt);
    }

    /// <summary>What protocol fees and fines have put into a subnet's reward pool and nobody has taken.</summary>
    public async Task<TokenAmount> ReadRewardPoolAsync(SubnetId subnet, Address token)
    {
        var message = new RewardPoolMessage { SubnetId = subnet.Value, Token = token.ToString() };
        return AmountOf(await chain.QueryAsync<RewardPoolMessage, BigInteger>(_contract, message).ConfigureAwait(false));
    }

    internal static SubnetParametersTuple TupleOf(SubnetParameters parameters) => new()
    {
        MinGatewayStake = parameters.MinGatewayStake.Units,
        MinNodeStake = parameters.MinNodeStake.Units,
        MinValidatorStake = parameters.MinValidatorStake.Units,
        UnbondingDelay = parameters.UnbondingDelay,
        EpochLength = parameters.EpochLength,
        VerificationFloor = parameters.VerificationFloor,
        Policy = parameters.Policy.ToArray(),
    };

    internal static SubnetParameters ParametersOf(SubnetParametersTuple tuple) => new(
        AmountOf(tuple.MinGatewayStake), AmountOf(tuple.MinNodeStake), AmountOf(tuple.MinValidatorStake),
        tuple.UnbondingDelay, tuple.EpochLength, tuple.VerificationFloor, new Hash32(tuple.Policy));

    private static TokenAmount AmountOf(BigInteger value) => new((UInt128)value);
}
