using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>
/// A request that a validator sends as an ordinary client: a canary, which is always checked, or a plant, whose receipt is false on purpose and tells
/// who checks and who only says so. The payer's key is fresh and the validator's own, so nobody can excuse a cheat on others' requests.
/// </summary>
public static class Probe
{
    /// <summary>keccak-256(validator ‖ payer ‖ salt): what is committed to before the receipt is committed to.</summary>
    /// <param name="salt">Random.</param>
    public static Hash32 Commitment(Address validator, Address payer, Hash32 salt) =>
        Keccak256.Of(new FormWriter().Address(validator).Address(payer).Word(salt).Written);
}

/// <summary>The payer's word that a receipt is of a validator's probe.</summary>
/// <param name="Validator">Whose probe.</param>
/// <param name="Receipt">Its struct hash.</param>
public sealed record ProbeClaim(Address Validator, Hash32 Receipt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("ProbeClaim(address validator,bytes32 receipt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Validator).Word(Receipt).Hash();
}
