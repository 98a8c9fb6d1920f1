using System.Text.Json;
using Google.Protobuf;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Sealed;

/// <summary>A checked body of <c>POST /v1/sealed</c>: all that a gateway learns of a sealed request.</summary>
/// <param name="Node">The one node that can read it.</param>
/// <param name="MaxTokens">Most new tokens; for tensor and embedding models, rows.</param>
/// <param name="Seed">The sampling seed, so that another node can go on with the same; null lets the gateway draw one.</param>
internal sealed record SealedBody(
    string Model, Address Node, HexBytes EncapsulatedKey, HexBytes KeyId, ByteString Ciphertext, uint MaxTokens, bool Stream, ulong? Seed)
{
    private const int MostTokens = 1_000_000;

    /// <summary>What the node gets. Its serialised form, members in the order of their numbers, is what the receipt's input hash is over.</summary>
    public Input ToInput() => new()
    {
        Sealed = new SealedInput
        {
            EncapsulatedKey = ByteString.CopyFrom(EncapsulatedKey.Span),
            Ciphertext = Ciphertext,
            KeyId = ByteString.CopyFrom(KeyId.Span),
            MaxTokens = MaxTokens,
        },
    };

    /// <summary>The most that the request can use, from what is in clear.</summary>
    public Usage Limit(string modelKind)
    {
        var prompt = SealedRequest.MostPromptTokens(Ciphertext.Length);
        return modelKind switch
        {
            ModelOffer.Decoder => new Usage(prompt, MaxTokens, 0),
            ModelOffer.Embedding => new Usage(prompt, 0, MaxTokens),
            _ => new Usage(0, 0, MaxTokens),
        };
    }

    /// <summary>Parses and checks a body; an <see cref="ApiException"/> names the member at fault.</summary>
    public static SealedBody Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonBody.Parse(body);
        var root = document.RootElement;
        return new SealedBody(
            JsonBody.RequiredString(root, "model"),
            Address.TryParse(JsonBody.RequiredString(root, "node"), out var node) ? node : throw Bad("node", "the address of the node that the request is sealed for"),
            HexOf(root, "encapsulatedKey", HpkePublicKey.Size),
            HexOf(root, "keyId", HpkePublicKey.KeyIdSize),
            CiphertextOf(root),
            (uint)JsonBody.Integer(root, "maxTokens", 1, MostTokens, fallback: 0) is > 0 and var most ? most : throw Bad("maxTokens", $"a whole number from 1 to {MostTokens}"),
            JsonBody.Boolean(root, "stream"),
            SeedOf(root));
    }

    private static HexBytes HexOf(JsonElement root, string name, int length)
    {
        var text = JsonBody.RequiredString(root, name);
        try
        {
            var bytes = Hex.ParseBytes(text);
            return bytes.Length == length ? new HexBytes(bytes) : throw new FormatException();
        }
        catch (FormatException)
        {
            throw Bad(name, $"0x and {2 * length} hex digits");
        }
    }

    private static ByteString CiphertextOf(JsonElement root) =>
        root.TryGetProperty("ciphertext", out var value) && value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) && bytes.Length > HpkeContext.TagSize
            ? UnsafeByteOperations.UnsafeWrap(bytes)
            : throw Bad("ciphertext", "the sealed request in base64");

    // As a string: JSON numbers of 64 bits are not safe in every client.
    private static ulong? SeedOf(JsonElement root) =>
        !root.TryGetProperty("seed", out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String && ulong.TryParse(value.GetString(), System.Globalization.NumberStyles.None, null, out var seed) ? seed
        : throw Bad("seed", "a decimal number of at most 64 bits, as a string");

    private static ApiException Bad(string name, string expected) => new(ApiError.BadRequest("invalid_value", $"{name} must be {expected}.", name));
}
