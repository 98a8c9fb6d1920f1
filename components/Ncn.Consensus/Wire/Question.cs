using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>What a node asks another for.</summary>
public abstract record Question
{
    private Question()
    {
    }

    /// <summary>What the core lacks. <see cref="Consensus.Wanted.OfEpoch"/> is of the frame's epoch.</summary>
    public sealed record OfCore(Wanted Wanted) : Question;

    /// <summary>A part of a snapshot whose head came before.</summary>
    /// <param name="Block">Hash of the snapshot's block.</param>
    public sealed record OfPart(Hash32 Block, int Part) : Question;

    /// <summary>What the shell keeps beside the ledger: it follows from the blocks, and no root of the ledger is over it.</summary>
    /// <param name="Block">After which block.</param>
    public sealed record OfKept(Hash32 Block) : Question;

    /// <summary>A part of it.</summary>
    public sealed record OfKeptPart(Hash32 Block, int Part) : Question;
}

/// <summary>What is answered. Everything proves itself, so it does not matter who answers; but for <see cref="OfKept"/>, which counts by who signed it.</summary>
public abstract record Answer
{
    private Answer()
    {
    }

    /// <summary>Signatures in it, at most.</summary>
    public abstract int Signatures { get; }

    /// <summary>It is not here, or no longer.</summary>
    public sealed record Nothing : Answer
    {
        /// <summary>The only one.</summary>
        public static Nothing Instance { get; } = new();

        public override int Signatures => 0;
    }

    /// <summary>To <see cref="Wanted.OfBlock"/>: the block, then its ancestors, newest first.</summary>
    public sealed record Blocks(ImmutableArray<ClaimedBlock> Items) : Answer
    {
        public override int Signatures => Items.Sum(static block => block.Operations.Length);
    }

    /// <summary>To <see cref="Wanted.OfView"/>: strictly ascending by view and kind.</summary>
    public sealed record Certificates(ImmutableArray<Certificate> Items) : Answer
    {
        public override int Signatures => Items.Sum(static certificate => certificate.Signatures.Length);
    }

    /// <summary>To <see cref="Wanted.OfLedger"/>: the first of a snapshot; its parts are asked for one by one.</summary>
    public sealed record OfLedger(SnapshotHead Head) : Answer
    {
        public override int Signatures => Head.Finalization.Signatures.Length + Head.Blocks.Sum(static block => block.Operations.Length);
    }

    /// <summary>To <see cref="Question.OfPart"/>.</summary>
    public sealed record OfPart(SnapshotPart Part) : Answer
    {
        public override int Signatures => 0;
    }

    /// <summary>To <see cref="Question.OfKept"/>.</summary>
    /// <param name="Parts">How many parts it comes in.</param>
    /// <param name="Signature">By the key that answers, over <see cref="KeptDigest"/> in the network's domain.</param>
    public sealed record OfKept(Hash32 Block, Hash32 Digest, int Parts, Signature Signature) : Answer
    {
        public override int Signatures => 1;
    }

    /// <summary>To <see cref="Question.OfKeptPart"/>.</summary>
    public sealed record OfKeptPart(Hash32 Block, int Number, HexBytes Content) : Answer
    {
        public override int Signatures => 0;
    }

    /// <summary>To <see cref="Wanted.OfEpoch"/>: newest block first.</summary>
    public sealed record OfEpoch(Certificate Finalization, ImmutableArray<ClaimedBlock> Items) : Answer
    {
        public override int Signatures => Finalization.Signatures.Length + Items.Sum(static block => block.Operations.Length);
    }
}
