using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Consensus.Wire;

namespace Ncn.Simulation.Consensus;

/// <summary>A frame on its way.</summary>
/// <param name="Meant">What an honest sender meant by it; null when it is a liar's.</param>
internal sealed record FrameNote(byte[] Bytes, WireMessage? Meant)
{
    public override string ToString() => $"a frame of {Bytes.Length} bytes";
}

/// <summary>An answer in bytes.</summary>
internal sealed record FrameAnswer(byte[] Bytes)
{
    public override string ToString() => $"an answer of {Bytes.Length} bytes";
}

/// <summary>How frames are read: as they must be, or with a fault planted.</summary>
internal enum FrameFault
{
    None,

    /// <summary>Signatures are not checked.</summary>
    Believes,

    /// <summary>The last of several votes is not read.</summary>
    ReadsLess,
}

/// <summary>A validator's messages as bytes, both ways (the validator's shell: MessageIntake).</summary>
internal sealed class FrameDesk(ConsensusProfile profile, FrameFault fault)
{
    internal const string SameMessage = "an honest frame is read to the same message";
    internal const string OnlySigned = "nothing is taken that its members did not sign";
    private readonly SortedDictionary<ulong, WireChecks> _checks = [];
    private readonly KnownSignatures _known = new();

    /// <summary>Frames of other members that were read and taken, and that were refused.</summary>
    internal (int Taken, int Refused) Count { get; private set; }

    /// <summary>An epoch begins.</summary>
    internal void Open(EpochSettings epoch)
    {
        _checks[epoch.Number] = new WireChecks(epoch.Number, epoch.Set, profile.Keys.Votes, profile.Keys.Operations, _known);
        while (_checks.Count > profile.Bounds.PastEpochs + 1)
        {
            _checks.Remove(_checks.Keys.First());
        }
    }

    /// <summary>A message in frames. A liar may have made it of parts of other networks, and of more certificates than anybody reads.</summary>
    internal IEnumerable<(byte[] Bytes, WireMessage Message)> Write(ConsensusMessage message)
    {
        var network = message is ConsensusMessage.Proposed { Proposal.Block.Header.Network: var of } ? of : profile.Network;
        return WireMessage.Of(message).Select(each => each is WireMessage.Proposed proposed ? proposed with { Justification = Bounded(proposed) } : each)
            .Select(each => (WireForm.Write(each, network), each));
    }

    /// <summary>What a frame says that can be taken; null for nothing.</summary>
    /// <param name="isLater">It is of an epoch that has not begun here, whatever it says.</param>
    internal ConsensusMessage? Read(string who, FrameNote note, out bool isLater)
    {
        var isRead = WireForm.TryRead(note.Bytes, profile.Network, out var message, out var reason);
        if (note.Meant is { } meant)
        {
            Must.Hold(isRead && WireForm.Write(message!, profile.Network).AsSpan().SequenceEqual(note.Bytes), SameMessage, () => $"{who} reads {meant}: {reason}");
        }

        isLater = isRead && message!.Epoch > _checks.Keys.Last();
        if (!isRead || !_checks.TryGetValue(message!.Epoch, out var checks))
        {
            Count = (Count.Taken, Count.Refused + 1);
            return null;
        }

        var taken = fault == FrameFault.Believes ? Believed(message!) : checks.Check(fault == FrameFault.ReadsLess && message is WireMessage.Relayed { Votes.Length: > 1 } relayed ? relayed with { Votes = relayed.Votes[..^1] } : message!);
        Must.Hold(note.Meant is null || IsSame(taken, note.Meant), SameMessage, () => $"{who} takes {taken?.ToString() ?? "nothing"} for a frame of kind {note.Meant!.Kind}: {note.Meant}");
        Must.Hold(taken is null || IsSigned(taken, checks.Set), OnlySigned, () => $"{who} takes {taken}");
        Count = taken is null ? (Count.Taken, Count.Refused + 1) : (Count.Taken + 1, Count.Refused);
        return taken;
    }

    /// <summary>An answer in bytes; null for what has no form here (a snapshot comes in parts).</summary>
    internal FrameAnswer? Write(ulong epoch, object? answer) => answer switch
    {
        Block block => Frame(new WireMessage.Answered(block.Header.Epoch, 1, new Answer.Blocks([ClaimedBlock.Of(block)]))),
        VerifiedCertificate[] { Length: > 0 } certificates => Frame(new WireMessage.Answered(certificates[0].Epoch, 1, new Answer.Certificates([.. certificates.OrderBy(static held => (held.View, held.Kind)).Select(static held => held.ToCertificate())]))),
        VerifiedEpochProof proof => Frame(new WireMessage.Answered(proof.Finalization.Epoch, 1, new Answer.OfEpoch(proof.Finalization.ToCertificate(), [.. proof.Blocks.Select(ClaimedBlock.Of)]))),
        VerifiedSnapshot => null,
        _ => Frame(new WireMessage.Answered(epoch, 1, Answer.Nothing.Instance)),
    };

    /// <summary>What an answer gives, as the core takes it; null for nothing.</summary>
    internal object? Read(FrameAnswer answer)
    {
        if (!WireForm.TryRead(answer.Bytes, profile.Network, out var message, out _) || message is not WireMessage.Answered answered || !_checks.TryGetValue(answered.Epoch, out var checks))
        {
            return null;
        }

        return answered.Answer switch
        {
            Answer.Blocks blocks => checks.Check(blocks).FirstOrDefault(),
            Answer.Certificates certificates => certificates.Items.Select(checks.Check).OfType<VerifiedCertificate>().ToArray(),
            Answer.OfEpoch proof => checks.Check(proof),
            _ => null,
        };
    }

    private FrameAnswer Frame(WireMessage message) => new(WireForm.Write(message, profile.Network));

    private static ImmutableArray<Certificate> Bounded(WireMessage.Proposed proposed) => [.. proposed.Justification.Where(certificate => certificate.Vote.Epoch == proposed.Epoch).Take(WireLimits.Justification)];

    // What stands in for WireChecks when nobody checks.
    private ConsensusMessage? Believed(WireMessage message) => message switch
    {
        WireMessage.Ballot ballot => new ConsensusMessage.Ballot(Trust(ballot.Vote)),
        WireMessage.Relayed relayed => new ConsensusMessage.Relayed([.. relayed.Votes.Select(Trust)]),
        _ => _checks[message.Epoch].Check(message),
    };

    private static VerifiedVote Trust(ClaimedVote claimed) => VerifiedVote.Trust(claimed.Vote, claimed.Signer, claimed.Signature);

    // A certificate is taken up to its quorum.
    private static bool IsSame(ConsensusMessage? taken, WireMessage meant) => (taken, meant) switch
    {
        (ConsensusMessage.Certified certified, WireMessage.Certified of) => IsSame(certified.Certificate, of.Certificate),
        (ConsensusMessage.Proposed proposed, WireMessage.Proposed of) => proposed.Proposal.Block.Hash == of.Block.Header.Hash() && proposed.Proposal.LeaderVote.Signature == of.LeaderSignature
            && proposed.Proposal.Justification.Length == of.Justification.Length && proposed.Proposal.Justification.Zip(of.Justification).All(static pair => IsSame(pair.First, pair.Second)),
        (null, _) => false,
        _ => WireMessage.Of(taken!).SingleOrDefault() is { } again && WireForm.Write(again, default).AsSpan().SequenceEqual(WireForm.Write(meant, default)),
    };

    private static bool IsSame(VerifiedCertificate taken, Certificate meant) => taken.Vote == meant.Vote && (taken.Signers.Bits & ~meant.Signers.Bits) == 0;

    private bool IsSigned(ConsensusMessage message, ValidatorSet set) => message switch
    {
        ConsensusMessage.Ballot ballot => IsSigned(ballot.Vote, set),
        ConsensusMessage.Relayed relayed => relayed.Votes.All(vote => IsSigned(vote, set)),
        ConsensusMessage.Certified certified => certified.Certificate.Votes.All(vote => IsSigned(vote, set)),
        ConsensusMessage.Proposed { Proposal: var proposal } => IsSigned(proposal.LeaderVote, set) && proposal.Justification.All(certificate => certificate.Votes.All(vote => IsSigned(vote, set)))
            && proposal.Block.Operations.All(IsSigned),
        ConsensusMessage.CheckpointSigned { Checkpoint: var signed } => profile.Keys.HasSigned(set.Members[signed.Signer].Key, profile.Keys.Votes.Digest(signed.Checkpoint)),
        _ => false,
    };

    private bool IsSigned(VerifiedVote vote, ValidatorSet set) => vote.Signer < set.Members.Length && profile.Keys.HasSigned(set.Members[vote.Signer].Key, profile.Keys.Votes.Digest(vote.Vote));

    private bool IsSigned(SignedOperation signed) =>
        signed.Operation.IsObservation || profile.Keys.HasSigned(signed.Operation.Author, profile.Keys.Operations.Digest(SignedOperation.Message(signed.Operation)));
}
