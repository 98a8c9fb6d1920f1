using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol.Sealing;

/// <summary>A request that one node can read, as it travels.</summary>
/// <param name="EncapsulatedKey">The sender's ephemeral public key; a node takes each once.</param>
/// <param name="KeyId">Which of the node's keys it is sealed for, see <see cref="HpkePublicKey.KeyId"/>.</param>
/// <param name="Ciphertext">The sealed content, <see cref="SealedRequest.Overhead"/> bytes longer than the input.</param>
public sealed record SealedBox(HpkePublicKey EncapsulatedKey, HexBytes KeyId, ReadOnlyMemory<byte> Ciphertext);

/// <summary>What a node found in a <see cref="SealedBox"/>.</summary>
/// <param name="IssuedAt">When the client sealed it, unix milliseconds by the client's clock.</param>
/// <param name="Input">The serialised input.</param>
/// <param name="Context">The answer is sealed with what it exports.</param>
public sealed record OpenedRequest(ulong IssuedAt, byte[] Input, HpkeReceiver Context);

/// <summary>Seals inputs for a node, so that the gateway between cannot read them.</summary>
/// <remarks>
/// HPKE in base mode with AES-256-GCM; info = "ncn/sealed-request/1" ‖ model digest (32 bytes), associated data = the key's id (8 bytes),
/// content = time of sealing (unix milliseconds, uint64 big-endian) ‖ serialised ncn.compute.v1.Input.
/// </remarks>
public static class SealedRequest
{
    /// <summary>Bytes that sealing adds to an input.</summary>
    public const int Overhead = sizeof(ulong) + HpkeContext.TagSize;

    // A message takes at least 28 bytes of JSON, and a chat template makes at most 36 tokens of one that is empty. 64: the template's own.
    private const int TemplateShare = 3;
    private const int TemplateTokens = 64;

    /// <summary>
    /// The most prompt tokens that a sealed request is priced by, from the length of its ciphertext: a tokenizer makes at most one token of
    /// a byte, as good as always. The gateway computes the ceiling with it, and the node refuses what is longer.
    /// </summary>
    /// <param name="ciphertextBytes">0 or more.</param>
    public static uint MostPromptTokens(int ciphertextBytes) =>
        (uint)ciphertextBytes + (uint)(ciphertextBytes / TemplateShare) + TemplateTokens;

    /// <summary>Seals an input.</summary>
    /// <param name="key">The node's key, from its signed record.</param>
    /// <param name="model">What the node must run; sealed for one model, the request opens for no other.</param>
    /// <param name="issuedAt">Now, unix milliseconds.</param>
    /// <param name="ephemeral">A fresh key, for this request alone.</param>
    /// <returns>What travels, and what opens the answer.</returns>
    public static (SealedBox Box, SealedAnswerReader Answer) Seal(
        HpkePublicKey key, ModelDigest model, ulong issuedAt, ReadOnlySpan<byte> input, HpkePrivateKey ephemeral)
    {
        ArgumentNullException.ThrowIfNull(key);
        var content = new byte[sizeof(ulong) + input.Length];
        BinaryPrimitives.WriteUInt64BigEndian(content, issuedAt);
        input.CopyTo(content.AsSpan(sizeof(ulong)));
        var sender = Hpke.SetUpSender(key, Info(model), ephemeral);
        var keyId = key.KeyId;
        var ciphertext = sender.Seal(keyId.Span, content);
        return (new SealedBox(sender.EncapsulatedKey, keyId, ciphertext), new SealedAnswerReader(sender));
    }

    /// <summary>Null when the request was not sealed for this key and model, or was changed on the way.</summary>
    public static OpenedRequest? Open(HpkePrivateKey key, ModelDigest model, ReadOnlySpan<byte> encapsulatedKey, ReadOnlySpan<byte> ciphertext)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!Hpke.TrySetUpReceiver(encapsulatedKey, key, Info(model), out var receiver))
        {
            return null;
        }

        if (!receiver.TryOpen(key.PublicKey.KeyId.Span, ciphertext, out var content) || content.Length < sizeof(ulong))
        {
            receiver.Dispose();
            return null;
        }

        return new OpenedRequest(BinaryPrimitives.ReadUInt64BigEndian(content), content[sizeof(ulong)..], receiver);
    }

    private static byte[] Info(ModelDigest model) => [.. "ncn/sealed-request/1"u8, .. model.Value.ToArray()];
}
