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
    public HexBytes Content => new(Write(new FormWriter()).Written);

    internal abstract FormWriter Write(FormWriter writer);

    /// <summary>Reads an operation's content; null when it is none.</summary>
    public static Testimony? Read(byte topic, ReadOnlySpan<byte> content)
    {
        var reader = new FormReader(content);
        Testimony? testimony = topic switch
        {
            1 => new ReceiptPresented(ReceiptProof.Read(ref reader)),
            2 => new ProbeCommitted(reader.Word()),
            3 => new CanaryPresented(ReceiptProof.Read(ref reader), reader.Word(), reader.Signature()),
            4 => new PlantOpened(reader.Word(), reader.Word(), reader.Signature()),
            5 => new AuditOpened(ReceiptProof.Read(ref reader), reader.Address(), reader.Amount()),
            6 => new TimePassed(reader.Number()),
            _ => null,
        };
        return reader.IsAtEnd ? testimony : null;
    }

    /// <summary>By a validator: this receipt is in the sample.</summary>
    public sealed record ReceiptPresented(ReceiptProof Proof) : Testimony
    {
        public override byte Topic => 1;

        internal override FormWriter Write(FormWriter writer) => Proof.Write(writer);
    }

    /// <summary>By a validator: I send a request of my own, a canary or a plant (<see cref="Probe.Commitment"/>). Nobody sees which request it is.</summary>
    public sealed record ProbeCommitted(Hash32 Commitment) : Testimony
    {
        public override byte Topic => 2;

        internal override FormWriter Write(FormWriter writer) => writer.Word(Commitment);
    }

    /// <summary>By the validator that committed to the probe: this receipt is of my request, and is to be checked.</summary>
    /// <param name="Salt">Opens the commitment.</param>
    /// <param name="PayerSignature">Of the <see cref="ProbeClaim"/>, by the key that paid for the request.</param>
    public sealed record CanaryPresented(ReceiptProof Proof, Hash32 Salt, Signature PayerSignature) : Testimony
    {
        public override byte Topic => 3;

        internal override FormWriter Write(FormWriter writer) => Proof.Write(writer).Word(Salt).Signature(PayerSignature);
    }

    /// <summary>By the validator that committed to the probe, after the checkers' reveals: what they checked is false, and was made by me.</summary>
    /// <param name="Subject">The case.</param>
    /// <param name="Salt">Opens the commitment.</param>
    /// <param name="PayerSignature">Of the <see cref="ProbeClaim"/>, by the key that paid for the request.</param>
    public sealed record PlantOpened(Hash32 Subject, Hash32 Salt, Signature PayerSignature) : Testimony
    {
        public override byte Topic => 4;

        internal override FormWriter Write(FormWriter writer) => writer.Word(Subject).Word(Salt).Signature(PayerSignature);
    }

    /// <summary>By who has paid the bond into the reward pool: all validators are to run this answer again, and the loser pays.</summary>
    /// <param name="Opener">For whom: gets the bond back, and the price, when the answer is wrong.</param>
    /// <param name="Bond">At least <see cref="VerificationRules.LeastBond"/>, out of what the author paid in (<see cref="FundKind.Bond"/>).</param>
    public sealed record AuditOpened(ReceiptProof Proof, Address Opener, TokenAmount Bond) : Testimony
    {
        public override byte Topic => 5;

        internal override FormWriter Write(FormWriter writer) => Proof.Write(writer).Address(Opener).Amount(Bond);
    }

    /// <summary>By a validator: the ledger waits for time to pass (<see cref="VerificationState.IsWaiting"/>), and no block has come in this period. It only makes one.</summary>
    /// <param name="Period">Unix time in periods, so that each is another operation.</param>
    public sealed record TimePassed(ulong Period) : Testimony
    {
        public override byte Topic => 6;

        internal override FormWriter Write(FormWriter writer) => writer.Number(Period);
    }
}
