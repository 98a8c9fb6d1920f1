namespace Ncn.Protocol;

/// <summary>
/// What the key that signs a channel's vouchers may spend, set by the payer. The receiver's ledger keeps to it, so that a key that is lent
/// out, lost or misused spends no more, whatever software holds it.
/// </summary>
/// <remarks>Signed under the network domain by the channel's payer.</remarks>
/// <param name="ChannelId">The channel that it is for.</param>
/// <param name="Delegate">The key that signs the channel's vouchers.</param>
/// <param name="Sequence">A policy replaces one with a lower number.</param>
/// <param name="ExpiresAt">Unix milliseconds; from then on nothing is spent until a newer policy comes.</param>
/// <param name="PerRequest">The most that one request may cost at most, atomic units.</param>
/// <param name="PerDay">The most that is charged and reserved on one UTC day, atomic units.</param>
/// <param name="ListedOnly">Whether models that are not in <paramref name="Models"/> are refused.</param>
/// <param name="Models">Further caps for single models; at most <see cref="MaxModels"/>, each named once.</param>
public sealed record SpendPolicy(
    ChannelId ChannelId, Address Delegate, ulong Sequence, ulong ExpiresAt, TokenAmount PerRequest, TokenAmount PerDay, bool ListedOnly,
    IReadOnlyList<ModelCap> Models) : ITypedData
{
    /// <summary>Most models that a policy names.</summary>
    public const int MaxModels = 32;

    /// <summary>Longest name of a model, characters.</summary>
    public const int MaxName = 128;

    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "SpendPolicy(bytes32 channelId,address delegate,uint64 sequence,uint64 expiresAt,uint128 perRequest,uint128 perDay,"
        + "bool listedOnly,ModelCap[] models)" + ModelCap.EncodedType);

    /// <summary>The amount that caps nothing.</summary>
    public static TokenAmount NoCap { get; } = new(UInt128.MaxValue);

    /// <summary>False when it names too many models, one twice, or one without a name: such a policy binds nobody.</summary>
    public bool IsWellFormed => Models is { Count: <= MaxModels }
        && Models.All(static cap => cap is { Model.Length: > 0 and <= MaxName })
        && Models.Select(static cap => cap.Model).Distinct(StringComparer.Ordinal).Count() == Models.Count;

    /// <summary>The cap of a model; null when it has none of its own.</summary>
    public ModelCap? CapOf(string model) => Models.FirstOrDefault(cap => cap.Model == model);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(ChannelId.Value).Address(Delegate).Number(Sequence).Number(ExpiresAt).Number(PerRequest.Units).Number(PerDay.Units)
        .Number(ListedOnly ? UInt128.One : UInt128.Zero).Array(Models, static (encoder, cap) => encoder.Struct(cap)).Hash();
}

/// <summary>What may be spent on one model.</summary>
/// <param name="Model">Its name, as requests give it.</param>
/// <param name="PerRequest">The most that one request may cost at most, atomic units.</param>
/// <param name="PerDay">The most that is charged and reserved on one UTC day, atomic units.</param>
public sealed record ModelCap(string Model, TokenAmount PerRequest, TokenAmount PerDay) : ITypedData
{
    internal const string EncodedType = "ModelCap(string model,uint128 perRequest,uint128 perDay)";

    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    public Hash32 StructHash() =>
        new TypedDataEncoder(TypeHash).Text(Model).Number(PerRequest.Units).Number(PerDay.Units).Hash();
}
