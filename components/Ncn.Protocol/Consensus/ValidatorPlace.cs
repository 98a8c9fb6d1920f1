namespace Ncn.Protocol;

/// <summary>Where a validator is, as it says itself. Others pass it on; it is good until the same key says something later.</summary>
/// <param name="Validator">The consensus key that signs it.</param>
/// <param name="Network">Salt of the vote domain.</param>
/// <param name="Api">Base URL of its HTTP API, at most <see cref="MostUrl"/> characters.</param>
/// <param name="Link">Base URL of its link.</param>
/// <param name="IssuedAt">Unix milliseconds; of two of one key the later counts.</param>
public sealed record ValidatorPlace(Address Validator, Hash32 Network, string Api, string Link, ulong IssuedAt) : ITypedData
{
    /// <summary>Longest URL, characters.</summary>
    public const int MostUrl = 256;

    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("ValidatorPlace(address validator,bytes32 network,string api,string link,uint64 issuedAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Validator).Word(Network).Text(Api).Text(Link).Number(IssuedAt).Hash();
}
