using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>An operation that may be in a block: signed by its author, or an observation.</summary>
public sealed class SignedOperation
{
    private SignedOperation(Operation operation, Signature signature)
    {
        (Operation, Signature) = (operation, signature);
        var written = operation.Write(new CanonicalWriter().Byte(operation.Kind)).Bytes(signature.ToArray()).Written;
        (Hash, Bytes) = (Keccak256.Of(written), written.Length);
    }

    public Operation Operation { get; }

    /// <summary>All zero for an observation.</summary>
    public Signature Signature { get; }

    /// <summary>keccak-256 over kind, content and signature.</summary>
    public Hash32 Hash { get; }

    /// <summary>Room that it takes in a block, bytes.</summary>
    public int Bytes { get; }

    /// <summary>What its author is to sign.</summary>
    public static LedgerOperation Message(Operation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return new LedgerOperation(operation.Kind, new HexBytes(operation.Write(new CanonicalWriter()).Written));
    }

    /// <summary>Checks the author's signature; null when it is another's, or when an observation has one.</summary>
    /// <param name="domain"><see cref="Eip712Domain.Network"/>.</param>
    public static SignedOperation? Read(Operation operation, Signature signature, Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var claimed = new SignedOperation(operation, signature);
        return claimed.IsSigned(domain) ? claimed : null;
    }

    /// <summary>For who knows that the signature is good.</summary>
    public static SignedOperation Trust(Operation operation, Signature signature)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return new SignedOperation(operation, signature);
    }

    /// <summary>Whether the signature is the author's, or there is none because it is an observation.</summary>
    internal bool IsSigned(Eip712Domain domain) =>
        Operation.IsObservation ? Signature == default : new Signed<LedgerOperation>(Message(Operation), Signature).IsSignedBy(Operation.Author, domain);
}
