using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>What is said about the verification by an operation Testify: its topic and content. Nothing is taken on trust.</summary>
public abstract record Testimony
{
    private Testimony()
    {
    }

    /// <summary>Which it is.</summary>
    public abstract byte Topic { get; }

    /// <summary>The operation's content.</summary>
    public HexBytes Content => new(Write(new CanonicalWriter()).Written);

    internal abstract CanonicalWriter Write(CanonicalWriter writer);

    /// <summary>Reads an operation's content; null when it is none.</summary>
    public static Testimony? Read(byte topic, ReadOnlySpan<byte> content)
    {
        var reader = new FormReader(content);
        Testimony? testimony = topic switch
        {
            1 => new ReceiptPresented(ReceiptProof.Read(ref reader), reader.Flag() ? ReceiptForm.Read(ref reader) : null),
            2 => new ProbeCommitted(reader.Word()),
            3 => new CanaryPresented(ReceiptProof.Read(ref reader), reader.Word()),
            4 => new PlantOpened(reader.Word(), reader.Word()),
            5 => new TimePassed(reader.Number()),
            _ => null,
        };
        return reader.IsAtEnd ? testimony : null;
    }

    /// <summary>By a validator: this receipt is in the sample, or an audit of it was demanded.</summary>
    /// <param name="Receipt">What the leaf is the digest of, so that the model is known; null when the gateway does not show it.</param>
    public sealed record ReceiptPresented(ReceiptProof Proof, Receipt? Receipt) : Testimony
    {
        public override byte Topic => 1;

        internal override CanonicalWriter Write(CanonicalWriter writer)
        {
            Proof.Write(writer).Byte(Receipt is null ? (byte)0 : (byte)1);
            return Receipt is null ? writer : ReceiptForm.Write(writer, Receipt);
        }
    }

    /// <summary>
    /// By a validator, before the receipts of the period are committed to: I have sent a request of my own, a canary or a plant
    /// (<see cref="Probe.Commitment"/>). Nobody sees which.
    /// </summary>
    public sealed record ProbeCommitted(Hash32 Commitment) : Testimony
    {
        public override byte Topic => 2;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Word(Commitment);
    }

    /// <summary>By the validator that committed to the probe: this receipt is my canary's, and is to be checked whatever the sample is.</summary>
    /// <param name="Salt">Opens the commitment.</param>
    public sealed record CanaryPresented(ReceiptProof Proof, Hash32 Salt) : Testimony
    {
        public override byte Topic => 3;

        internal override CanonicalWriter Write(CanonicalWriter writer) => Proof.Write(writer).Word(Salt);
    }

    /// <summary>
    /// By the validator that committed to the probe, after the checkers' reveals: what they checked is false, and was made by me. It costs what the node's
    /// slash would be for it, out of what the validator's account has paid in (<see cref="FundKind.Bond"/>).
    /// </summary>
    /// <param name="Subject">The case.</param>
    /// <param name="Salt">Opens the commitment.</param>
    public sealed record PlantOpened(Hash32 Subject, Hash32 Salt) : Testimony
    {
        public override byte Topic => 4;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Word(Subject).Word(Salt);
    }

    /// <summary>By a validator: the ledger waits for time to pass (<see cref="VerificationState.IsWaiting"/>), and no block has come in this period. It only makes one.</summary>
    /// <param name="Period">Unix time in periods, so that each is another operation.</param>
    public sealed record TimePassed(ulong Period) : Testimony
    {
        public override byte Topic => 5;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Number(Period);
    }
}
