using System.Security.Cryptography;
using System.Text;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Requests;

/// <summary>Request ids: random, or fixed by the caller and its idempotency key, so that a repeat has the same one. Nobody else can guess either.</summary>
public sealed class RequestIds(GatewayIdentity identity)
{
    private const int MaxKeyLength = 255;

    // Every instance of a gateway has the same key, so all of them derive the same ids.
    private readonly byte[] _secret = identity.Signer.SignDigest(Keccak256.Of("ncn/request-ids/1"u8)).ToArray();

    /// <summary>The caller's key; null when there is none. Throws <see cref="ApiException"/> for one that is too long.</summary>
    public static string? ReadKey(ClientCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var key = call.IdempotencyKey;
        return key is null or { Length: > 0 and <= MaxKeyLength }
            ? key
            : throw new ApiException(ApiError.BadRequest(
                "invalid_idempotency_key", $"Idempotency-Key must have 1 to {MaxKeyLength} characters.", "Idempotency-Key"));
    }

    /// <summary>A fresh id.</summary>
    public static RequestId Random() => new(new Hash32(RandomNumberGenerator.GetBytes(Hash32.Size)));

    /// <summary>The id of a caller's key.</summary>
    public RequestId FromKey(string caller, string key) =>
        new(new Hash32(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{caller}\n{key}"))));

    /// <summary>The sampling seed of a request that states none: a repeat after a crash gives the same tokens.</summary>
    public ulong SeedOf(RequestId request) =>
        BitConverter.ToUInt64(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"seed\n{request}")));

    /// <summary>The key of a transfer: it pays for one thing, at whichever endpoint, so whoever uses it begins the same request.</summary>
    public static string KeyOf(ExactPayload transfer)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        return $"exact:{transfer.Authorization.Nonce}";
    }

    /// <summary>Tells requests under one key apart.</summary>
    public static Hash32 Fingerprint(string path, ReadOnlySpan<byte> body)
    {
        var name = Encoding.UTF8.GetBytes(path + "\n");
        return Keccak256.Of([.. name, .. body]);
    }
}
