using Ncn.Chain.Registry;
using Ncn.Protocol;

namespace Ncn.Chain.Events;

/// <summary>An event of ValidatorRegistry (contracts/src/registry/IValidatorRegistry.sol). Amounts are atomic units of the stake token.</summary>
public abstract record RegistryEvent : ChainEvent
{
    private RegistryEvent(ChainLog log)
        : base(log)
    {
    }

    /// <summary>A subnet was made.</summary>
    public sealed record SubnetCreated(ChainLog Log, SubnetId Subnet, Address Owner, Address StakeToken, string Name, SubnetParameters Parameters) : RegistryEvent(Log);

    /// <summary>A subnet has other parameters.</summary>
    public sealed record SubnetParametersChanged(ChainLog Log, SubnetId Subnet, SubnetParameters Parameters) : RegistryEvent(Log);

    /// <summary>The owner named its successor; the zero address takes that back.</summary>
    public sealed record SubnetOwnerNamed(ChainLog Log, SubnetId Subnet, Address PendingOwner) : RegistryEvent(Log);

    /// <summary>The successor took over.</summary>
    public sealed record SubnetOwnerChanged(ChainLog Log, SubnetId Subnet, Address Owner) : RegistryEvent(Log);

    /// <summary>Stake was bonded.</summary>
    /// <param name="Bonded">All that the operator has bonded in the role now.</param>
    public sealed record Staked(ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount, TokenAmount Bonded) : RegistryEvent(Log);

    /// <summary>Stake began to unbond.</summary>
    /// <param name="ReleaseAt">Unix seconds.</param>
    public sealed record Unbonded(
        ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount, TokenAmount Bonded, ulong ReleaseAt) : RegistryEvent(Log);

    /// <summary>Unbonded stake was taken out.</summary>
    public sealed record StakeWithdrawn(ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount) : RegistryEvent(Log);
}
