using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>A validator's signature under a checkpoint, checked.</summary>
public sealed class VerifiedCheckpoint
{
    private VerifiedCheckpoint(Checkpoint checkpoint, int signer, Signature signature) => (Checkpoint, Signer, Signature) = (checkpoint, signer, signature);

    public Checkpoint Checkpoint { get; }

    /// <summary>The signer's place in the epoch's set.</summary>
    public int Signer { get; }

    public Signature Signature { get; }

    /// <summary>Checks the signature (rule R4); null for anything but that of a member.</summary>
    public static VerifiedCheckpoint? Read(Signed<Checkpoint> checkpoint, ValidatorSet set, Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(set);
        return checkpoint.TryRecover(domain, out var key) && set.IndexOf(key) is { } signer ? new VerifiedCheckpoint(checkpoint.Message, signer, checkpoint.Signature) : null;
    }

    /// <summary>For who knows that the signature is good.</summary>
    public static VerifiedCheckpoint Trust(Checkpoint checkpoint, int signer, Signature signature) => new(checkpoint, signer, signature);

    /// <summary>As the contract and others want it.</summary>
    public Signed<Checkpoint> ToSigned() => new(Checkpoint, Signature);

    public override string ToString() => $"checkpoint of height {Checkpoint.Height} by {Signer}";
}
