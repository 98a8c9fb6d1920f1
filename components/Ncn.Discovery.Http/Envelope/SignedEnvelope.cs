using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery.Http.Envelope;

/// <summary>One message on the wire: <c>{"head": {message, signature}, "content": …}</c>, the head naming the hash of the content's bytes.</summary>
/// <remarks>
/// The signature is EIP-712 over the head under the network's domain (<see cref="DiscoveryCall"/>, <see cref="DiscoveryReply"/>). The content needs no
/// canonical form: its hash is taken of the bytes as they stand in the message, as the Digest of an HTTP message signature is (RFC 9421, RFC 9530).
/// </remarks>
internal sealed class SignedEnvelope<T> : IDisposable
    where T : ITypedData
{
    private readonly JsonDocument _document;

    private SignedEnvelope(JsonDocument document, Signed<T> head, JsonElement content) => (_document, Head, Content) = (document, head, content);

    public Signed<T> Head { get; }

    public JsonElement Content { get; }

    /// <summary>keccak-256 of the content's bytes as they came.</summary>
    public Hash32 ContentHash => Keccak256.Of(JsonMarshal.GetRawUtf8Value(Content));

    public static byte[] Write(Signed<T> head, ReadOnlySpan<byte> content)
    {
        var bytes = new ArrayBufferWriter<byte>(content.Length + 768);
        using var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WritePropertyName("head"u8);
        JsonSerializer.Serialize(json, head, ProtocolJson.Options);
        json.WritePropertyName("content"u8);
        json.WriteRawValue(content, skipInputValidation: true);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads a message. Throws <see cref="MalformedMessageException"/> when it is none; signature and hash are the caller's to check.</summary>
    public static SignedEnvelope<T> Read(ReadOnlyMemory<byte> message)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = 24, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("head"u8, out var head)
                || !document.RootElement.TryGetProperty("content"u8, out var content) || content.ValueKind != JsonValueKind.Object
                || head.Deserialize<Signed<T>>(ProtocolJson.Strict) is not { Message: not null } signed)
            {
                throw new MalformedMessageException("it is no object of head and content");
            }

            var envelope = new SignedEnvelope<T>(document, signed, content);
            document = null;
            return envelope;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            throw new MalformedMessageException("it is no JSON that can be read");
        }
        finally
        {
            document?.Dispose();
        }
    }

    public void Dispose() => _document.Dispose();
}
