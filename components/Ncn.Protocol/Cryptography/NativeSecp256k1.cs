using System.Runtime.InteropServices;

namespace Ncn.Protocol.Cryptography;

/// <summary>The functions of libsecp256k1 (Debian package libsecp256k1-1) that this project calls.</summary>
internal static unsafe partial class NativeSecp256k1
{
    /// <summary>SECP256K1_EC_UNCOMPRESSED: 0x04 ‖ x ‖ y.</summary>
    internal const uint Uncompressed = 1 << 1;

    // SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY. A context is read-only after creation and shared by all threads.
    private const uint SignAndVerify = 0x301;
    private const string Library = "libsecp256k1.so.1";

    internal static readonly nint Context = CreateContext();

    private static nint CreateContext()
    {
        try
        {
            return ContextCreate(SignAndVerify);
        }
        catch (DllNotFoundException missing)
        {
            throw new DllNotFoundException(
                "libsecp256k1.so.1 is not installed; install it with: apt-get install libsecp256k1-1", missing);
        }
    }

    [LibraryImport(Library, EntryPoint = "secp256k1_context_create")]
    private static partial nint ContextCreate(uint flags);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_sign_recoverable")]
    [SuppressGCTransition]
    internal static partial int SignRecoverable(nint context, byte* signature, byte* message, byte* key, nint nonce, nint data);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_recoverable_signature_serialize_compact")]
    [SuppressGCTransition]
    internal static partial int SerializeRecoverable(nint context, byte* output, int* recoveryId, byte* signature);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_recoverable_signature_parse_compact")]
    [SuppressGCTransition]
    internal static partial int ParseRecoverable(nint context, byte* signature, byte* input, int recoveryId);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_recover")]
    [SuppressGCTransition]
    internal static partial int Recover(nint context, byte* publicKey, byte* signature, byte* message);

    [LibraryImport(Library, EntryPoint = "secp256k1_ec_pubkey_create")]
    [SuppressGCTransition]
    internal static partial int CreatePublicKey(nint context, byte* publicKey, byte* privateKey);

    [LibraryImport(Library, EntryPoint = "secp256k1_ec_pubkey_serialize")]
    [SuppressGCTransition]
    internal static partial int SerializePublicKey(nint context, byte* output, nuint* length, byte* publicKey, uint flags);

    [LibraryImport(Library, EntryPoint = "secp256k1_ec_pubkey_parse")]
    [SuppressGCTransition]
    internal static partial int ParsePublicKey(nint context, byte* publicKey, byte* input, nuint length);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_signature_parse_compact")]
    [SuppressGCTransition]
    internal static partial int ParseCompact(nint context, byte* signature, byte* input);

    [LibraryImport(Library, EntryPoint = "secp256k1_ecdsa_verify")]
    [SuppressGCTransition]
    internal static partial int Verify(nint context, byte* signature, byte* message, byte* publicKey);
}
