using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Payments.X402;

/// <summary>Header names and the base64 JSON form of x402 (specification v2, transport HTTP).</summary>
public static class X402Header
{
    public const string Required = "PAYMENT-REQUIRED";
    public const string Signature = "PAYMENT-SIGNATURE";
    public const string Response = "PAYMENT-RESPONSE";
    public const string SignatureV1 = "X-PAYMENT";
    public const string ResponseV1 = "X-PAYMENT-RESPONSE";

    /// <summary>The scheme that vouchers belong to.</summary>
    public const string BatchSettlement = "batch-settlement";

    /// <summary>The scheme of one transfer for one request.</summary>
    public const string Exact = "exact";

    /// <summary>Longest header that is read, bytes of base64.</summary>
    public const int MaxLength = 16 * 1024;

    private static readonly JsonSerializerOptions Json = CreateOptions();

    /// <summary>CAIP-2 name of an EVM chain.</summary>
    public static string Network(ulong chainId) => $"eip155:{chainId}";

    /// <summary>The name that x402 v1 gives a chain; the CAIP-2 name where it gave none.</summary>
    public static string NetworkV1(ulong chainId) => chainId switch
    {
        42161 => "arbitrum",
        421614 => "arbitrum-sepolia",
        1 => "ethereum",
        11155111 => "sepolia",
        _ => Network(chainId),
    };

    /// <summary>base64 of the JSON form.</summary>
    public static string Encode<T>(T value) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(value, Json));

    /// <summary>The JSON form, for a body.</summary>
    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value, Json);

    /// <summary>Reads base64 of the JSON form. Null with a reason when it is too long, no base64, or not the expected JSON.</summary>
    public static T? Decode<T>(string header, out string problem)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(header);
        return Unwrap(header, out problem) is { } json ? Read<T>(json.Span, out problem) : null;
    }

    /// <summary>The bytes under the base64; null with a reason when it is too long or no base64.</summary>
    public static ReadOnlyMemory<byte>? Unwrap(string header, out string problem)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (header.Length > MaxLength)
        {
            problem = $"the header has {header.Length} characters; at most {MaxLength} are read";
            return null;
        }

        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(header.Length)];
        if (!Convert.TryFromBase64String(header, bytes, out var length))
        {
            problem = "the header is not base64";
            return null;
        }

        problem = string.Empty;
        return bytes.AsMemory(0, length);
    }

    /// <summary>Reads the JSON form. Null with a reason when it is not the expected JSON; a member that comes twice is refused.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> json, out string problem)
        where T : class
    {
        try
        {
            problem = string.Empty;
            return JsonSerializer.Deserialize<T>(json, Json) ?? throw new JsonException("the JSON is null");
        }
        catch (JsonException malformed)
        {
            problem = $"the JSON is not a {typeof(T).Name}: {Describe(malformed)}";
            return null;
        }
    }

    private static string Describe(JsonException malformed) =>
        malformed.Path is { Length: > 0 } path ? $"see {path}" : "it cannot be parsed";

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
            MaxDepth = 16,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
