using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Where verification happens: what the leaves are bound to. It never changes.</summary>
/// <param name="Subnet">Whose ledger it is.</param>
/// <param name="Token">The subnet's stake token: rewards are paid in it, and only fees in it are shared out.</param>
public sealed record VerificationPlace(SubnetId Subnet, Address Token);

/// <summary>One who checks.</summary>
/// <param name="Key">Its consensus key, the author of its verdicts.</param>
/// <param name="Account">Where its rewards go: the operator that the chain names for the key.</param>
/// <param name="Weight">Its stake, as in the validators' set.</param>
public readonly record struct Checker(Address Key, Address Account, UInt128 Weight);
