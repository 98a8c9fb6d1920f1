using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>One tensor of a model's signature.</summary>
/// <param name="Name">The ONNX name.</param>
/// <param name="Datatype">Open Inference Protocol datatype, such as FP32.</param>
/// <param name="Shape">Row-major; -1 for a dynamic dimension.</param>
public sealed record TensorSpec(string Name, string Datatype, IReadOnlyList<long> Shape) : ITypedData
{
    internal const string EncodedType = "TensorSpec(string name,string datatype,int64[] shape)";
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Text(Name).Text(Datatype).Array(Shape, static (elements, size) => elements.Integer(size)).Hash();
}

/// <summary>What a model costs, in atomic units of the payment token.</summary>
/// <param name="PerRequest">For every request that delivers something.</param>
/// <param name="PerPromptToken">Decoders: for each token of the prompt.</param>
/// <param name="PerCompletionToken">Decoders: for each delivered token.</param>
/// <param name="PerInputRow">Tensor models: for each row of the first dimension.</param>
public sealed record ModelPrice(
    TokenAmount PerRequest, TokenAmount PerPromptToken, TokenAmount PerCompletionToken, TokenAmount PerInputRow) : ITypedData
{
    internal const string EncodedType =
        "ModelPrice(uint128 perRequest,uint128 perPromptToken,uint128 perCompletionToken,uint128 perInputRow)";

    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    /// <summary>A model that costs nothing.</summary>
    public static ModelPrice Free { get; } = new(default, default, default, default);

    /// <summary>True when no use of the model can cost anything.</summary>
    [JsonIgnore]
    public bool IsFree => this == Free;

    /// <summary>What a use costs. An empty answer (no completion tokens, no rows) costs nothing.</summary>
    public TokenAmount Of(uint promptTokens, uint completionTokens, uint rows) => completionTokens == 0 && rows == 0
        ? TokenAmount.Zero
        : PerRequest + (PerPromptToken * promptTokens) + (PerCompletionToken * completionTokens) + (PerInputRow * rows);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Number(PerRequest.Units).Number(PerPromptToken.Units).Number(PerCompletionToken.Units).Number(PerInputRow.Units).Hash();
}

/// <summary>A model that a node has loaded and offers.</summary>
/// <param name="Digest">What was really loaded.</param>
/// <param name="Kind">"decoder", "tensor" or "embedding".</param>
/// <param name="ContextTokens">Decoders: prompt and completion together; 0 for tensor models.</param>
/// <param name="MaxBatch">Tensor models: rows in one request.</param>
/// <param name="MaxInputBytes">Largest input of one request.</param>
/// <param name="ExecutionProvider">ONNX Runtime's name, such as CPU or CUDA.</param>
public sealed record ModelOffer(
    ModelDigest Digest, string Name, string Version, string Kind, ModelPrice Price, uint ContextTokens, uint MaxBatch,
    uint MaxInputBytes, string ExecutionProvider, IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs) : ITypedData
{
    internal const string EncodedType =
        "ModelOffer(bytes32 digest,string name,string version,string kind,ModelPrice price,uint32 contextTokens,uint32 maxBatch,"
        + "uint32 maxInputBytes,string executionProvider,TensorSpec[] inputs,TensorSpec[] outputs,string quantization,"
        + "string retention,ServiceLevel service)";

    internal const string ReferencedTypes = ModelPrice.EncodedType + ServiceLevel.EncodedType + TensorSpec.EncodedType;
    private const int MaxQuantizationChars = 32;
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType + ReferencedTypes);

    public const string Decoder = "decoder";

    public const string Tensor = "tensor";

    /// <summary>Texts in, vectors out.</summary>
    public const string Embedding = "embedding";

    /// <summary>How the weights are stored: "fp32", "bf16", "int8", "int4" and the like; empty when the operator does not say. Part of <see cref="Digest"/> only through the files.</summary>
    public string Quantization { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary><see cref="RetainsNothing"/>, or empty when the operator promises nothing about what it keeps.</summary>
    public string Retention { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What the operator promises for it.</summary>
    public ServiceLevel Service { get; init => field = value ?? ServiceLevel.None; } = ServiceLevel.None;

    /// <summary>The operator promises to keep nothing of prompt and answer beyond the request, and to train on none.</summary>
    public const string RetainsNothing = "none";

    /// <summary>Whether a text can state a quantization: empty, or at most 32 lower-case letters, digits, '_' and '-'.</summary>
    public static bool IsQuantization(string? text) =>
        text is { Length: <= MaxQuantizationChars } && text.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '_' or '-');

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(Digest.Value).Text(Name).Text(Version).Text(Kind).Struct(Price).Number(ContextTokens).Number(MaxBatch)
        .Number(MaxInputBytes).Text(ExecutionProvider)
        .Array(Inputs, static (elements, spec) => elements.Struct(spec))
        .Array(Outputs, static (elements, spec) => elements.Struct(spec))
        .Text(Quantization).Text(Retention).Struct(Service).Hash();
}

/// <summary>What a node says of itself, signed by its operator. The record with the highest sequence counts.</summary>
/// <param name="Operator">The node's id and the receiver of its pay.</param>
/// <param name="Sequence">Rises with every record.</param>
/// <param name="GrpcEndpoint">Where gateways call it, in the form of <see cref="NodeEndpoint"/>.</param>
/// <param name="Subnets">The subnets that it serves.</param>
/// <param name="Slots">Requests that it runs at once.</param>
/// <param name="EncryptionKey">Public key for end-to-end encryption; empty while the node offers none.</param>
/// <param name="IssuedAt">Unix milliseconds.</param>
/// <param name="ExpiresAt">Unix milliseconds; the record counts for nothing afterwards.</param>
public sealed record NodeRecord(
    Address Operator, ulong Sequence, string GrpcEndpoint, IReadOnlyList<uint> Subnets, IReadOnlyList<ModelOffer> Models,
    uint Slots, HexBytes EncryptionKey, ulong IssuedAt, ulong ExpiresAt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "NodeRecord(address operator,uint64 sequence,string grpcEndpoint,uint32[] subnets,ModelOffer[] models,uint32 slots,"
        + "bytes encryptionKey,uint64 issuedAt,uint64 expiresAt)"
        + ModelOffer.EncodedType + ModelOffer.ReferencedTypes);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Address(Operator).Number(Sequence).Text(GrpcEndpoint)
        .Array(Subnets, static (elements, subnet) => elements.Number(subnet))
        .Array(Models, static (elements, model) => elements.Struct(model))
        .Number(Slots).Bytes(EncryptionKey.Span).Number(IssuedAt).Number(ExpiresAt).Hash();
}
