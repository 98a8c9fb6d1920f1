using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>What a node promises for a model, signed with its offer and held against it by the job.</summary>
/// <param name="FirstTokenMilliseconds">From the job's arrival to the first token, or to a tensor model's answer; 0 promises nothing.</param>
/// <param name="TokensPerSecond">Of one stream after its first token; 0 promises nothing.</param>
public sealed record ServiceLevel(uint FirstTokenMilliseconds, uint TokensPerSecond) : ITypedData
{
    internal const string EncodedType = "ServiceLevel(uint32 firstTokenMilliseconds,uint32 tokensPerSecond)";
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    /// <summary>Longest time to a first token that can be promised: an hour.</summary>
    public const uint MaxFirstTokenMilliseconds = 3_600_000;

    /// <summary>Highest rate that can be promised.</summary>
    public const uint MaxTokensPerSecond = 1_000_000;

    /// <summary>No promise.</summary>
    public static ServiceLevel None { get; } = new(0, 0);

    /// <summary>True when nothing is promised.</summary>
    [JsonIgnore]
    public bool IsNone => this == None;

    /// <summary>Whether both numbers are within their bounds.</summary>
    [JsonIgnore]
    public bool IsWellFormed => FirstTokenMilliseconds <= MaxFirstTokenMilliseconds && TokensPerSecond <= MaxTokensPerSecond;

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Number(FirstTokenMilliseconds).Number(TokensPerSecond).Hash();
}
