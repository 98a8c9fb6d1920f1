using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>What validators send each other, as it travels. <see cref="WireChecks"/> makes of it what the core takes.</summary>
/// <param name="Epoch">Of everything in it.</param>
public abstract record WireMessage(ulong Epoch)
{
    /// <summary>Which frame it goes into.</summary>
    public abstract WireKind Kind { get; }

    /// <summary>How many signatures it takes to check at most: what a budget counts before anything is checked.</summary>
    public abstract int Signatures { get; }

    /// <summary>See <see cref="ConsensusMessage.Ballot"/>.</summary>
    public sealed record Ballot(ClaimedVote Vote) : WireMessage(Vote.Vote.Epoch)
    {
        public override WireKind Kind => WireKind.Ballot;

        public override int Signatures => 1;
    }

    /// <summary>See <see cref="ConsensusMessage.Relayed"/>; strictly ascending by view, kind, block and signer.</summary>
    public sealed record Relayed(ulong Epoch, ImmutableArray<ClaimedVote> Votes) : WireMessage(Epoch)
    {
        public override WireKind Kind => WireKind.Relayed;

        public override int Signatures => Votes.Length;
    }

    /// <summary>See <see cref="ConsensusMessage.Certified"/>.</summary>
    public sealed record Certified(Certificate Certificate) : WireMessage(Certificate.Vote.Epoch)
    {
        public override WireKind Kind => WireKind.Certified;

        public override int Signatures => Certificate.Signatures.Length;
    }

    /// <summary>See <see cref="ConsensusMessage.Proposed"/>. The leader's vote follows from the header, so its signature is all of it that travels.</summary>
    /// <param name="Justification">Strictly ascending by view.</param>
    public sealed record Proposed(ClaimedBlock Block, Signature LeaderSignature, ImmutableArray<Certificate> Justification) : WireMessage(Block.Header.Epoch)
    {
        public override WireKind Kind => WireKind.Proposed;

        public override int Signatures => 1 + Block.Operations.Length + Justification.Sum(static certificate => certificate.Signatures.Length);
    }

    /// <summary>See <see cref="ConsensusMessage.CheckpointSigned"/>.</summary>
    public sealed record CheckpointSigned(ClaimedCheckpoint Checkpoint) : WireMessage(Checkpoint.Checkpoint.Epoch)
    {
        public override WireKind Kind => WireKind.CheckpointSigned;

        public override int Signatures => 1;
    }

    /// <summary>Operations that somebody gave the sender, for the next leader's block.</summary>
    public sealed record Operations(ulong Epoch, ImmutableArray<ClaimedOperation> Items) : WireMessage(Epoch)
    {
        public override WireKind Kind => WireKind.Operations;

        public override int Signatures => Items.Length;
    }

    /// <summary>A question; the answer has its number.</summary>
    public sealed record Asked(ulong Epoch, ulong Number, Question Question) : WireMessage(Epoch)
    {
        public override WireKind Kind => WireKind.Asked;

        public override int Signatures => 0;
    }

    /// <summary>An answer to the question of this number.</summary>
    /// <param name="Epoch">Of what is in it, which need not be the question's.</param>
    public sealed record Answered(ulong Epoch, ulong Number, Answer Answer) : WireMessage(Epoch)
    {
        public override WireKind Kind => WireKind.Answered;

        public override int Signatures => Answer.Signatures;
    }

    /// <summary>A message of the core as it travels: one frame, or several of relayed votes.</summary>
    public static IEnumerable<WireMessage> Of(ConsensusMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message switch
        {
            ConsensusMessage.Ballot ballot => [new Ballot(ClaimedVote.Of(ballot.Vote))],
            ConsensusMessage.Relayed relayed => Split(relayed.Votes),
            ConsensusMessage.Certified certified => [new Certified(certified.Certificate.ToCertificate())],
            ConsensusMessage.Proposed proposed => [Of(proposed.Proposal)],
            ConsensusMessage.CheckpointSigned signed => [new CheckpointSigned(new ClaimedCheckpoint(signed.Checkpoint.Checkpoint, signed.Checkpoint.Signer, signed.Checkpoint.Signature))],
            _ => throw new ArgumentException($"A {message.GetType().Name} has no form on the wire.", nameof(message)),
        };
    }

    private static Proposed Of(Proposal proposal) =>
        new(ClaimedBlock.Of(proposal.Block), proposal.LeaderVote.Signature, [.. proposal.Justification.Select(static certificate => certificate.ToCertificate())]);

    private static IEnumerable<WireMessage> Split(ImmutableArray<VerifiedVote> votes) => votes.Distinct()
        .OrderBy(static vote => vote.Vote.View).ThenBy(static vote => vote.Vote.Kind).ThenBy(static vote => vote.Vote.BlockHash).ThenBy(static vote => vote.Signer)
        .Select(ClaimedVote.Of).GroupBy(static vote => vote.Vote.Epoch)
        .SelectMany(static epoch => epoch.Chunk(WireLimits.RelayedVotes).Select(part => new Relayed(epoch.Key, [.. part])));
}
