using System.Collections.Immutable;
using Ncn.Consensus.Tests.Network;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus.Tests.Wire;

/// <summary>Four validators with keys, and one of everything that they send, signed as they would.</summary>
internal static class WireSample
{
    internal static readonly Eip712Domain Consensus = Eip712Domain.Consensus(1, Sample.Key(1), Sample.NetworkSalt);
    internal static readonly Eip712Domain Network = Eip712Domain.Network(1, Sample.Key(1));
    internal static readonly ImmutableArray<Signer> Keys = [.. Enumerable.Range(1, 4).Select(Key).OrderBy(static key => key.Address)];
    internal static readonly ValidatorSet Set = ValidatorSet.Of(Keys.Select(static key => new Validator(key.Address, 10)));
    internal static readonly EpochSettings Epoch = Sample.Epoch(Set, 0);

    internal static WireChecks Checks(KnownSignatures? known = null) => new(1, Set, Consensus, Network, known ?? new KnownSignatures());

    internal static Signer Key(int number) => new(Keccak256.Of(BitConverter.GetBytes(number)).ToArray());

    internal static VerifiedVote Vote(int signer, VoteKind kind, ulong view, Hash32 block = default)
    {
        var vote = new Vote(kind, 1, view, block);
        return VerifiedVote.Trust(vote, signer, Keys[signer].Sign(vote, Consensus).Signature);
    }

    internal static VerifiedCertificate Certificate(VoteKind kind, ulong view, Hash32 block = default, int members = 4) =>
        VerifiedCertificate.Of(Enumerable.Range(0, members).Select(signer => Vote(signer, kind, view, block)), Set)!;

    internal static SignedOperation Operation(Func<Address, Operation> make, int author = 9)
    {
        var key = Key(author);
        var operation = make(key.Address);
        return SignedOperation.Read(operation, operation.IsObservation ? default : key.Sign(SignedOperation.Message(operation), Network).Signature, Network)!;
    }

    /// <summary>One of each kind.</summary>
    internal static ImmutableArray<SignedOperation> Operations { get; } =
    [
        Operation(static author => new Operation.AnnounceNode(author, 1, Sample.Word(1))),
        Operation(static author => new Operation.RetireNode(author, 2)),
        Operation(static author => new Operation.CommitReceipts(author, 3, Sample.Word(3), 4, new TokenAmount(5))),
        Operation(static author => new Operation.CommitVerdict(author, Sample.Word(6), Sample.Word(7))),
        Operation(static author => new Operation.RevealVerdict(author, Sample.Word(6), 8, Sample.Word(9))),
        Operation(static author => new Operation.BeReady(author, Sample.Word(10), Sample.Word(11))),
        Operation(static _ => new Operation.ObserveSet(12, Set.Members)),
        Operation(static _ => new Operation.ObserveCheckpoint(13)),
        Operation(static _ => new Operation.ObservePolicy(14, Sample.Word(15), 500)),
        Operation(static _ => new Operation.ObserveRewards(16, Sample.Word(17))),
        Operation(static author => new Operation.OpenAudit(author, 18, Sample.Word(19), Sample.Key(20), new TokenAmount(21))),
        Operation(static author => new Operation.Testify(author, 18, new HexBytes([19, 20]))),
        Operation(static _ => new Operation.ObserveFunds(21, [new FundEntry(1, Sample.Word(22), new TokenAmount(23))])),
    ];

    internal static Block Block(ulong view, BlockKind kind = BlockKind.Normal, Hash32 parent = default, params ImmutableArray<SignedOperation> operations) => Ncn.Consensus.Block.Of(
        new BlockHeader(
            Sample.NetworkSalt, 1, view, view - 1, parent, view, kind, Epoch.Leaders.LeaderOf(view), Ncn.Consensus.Block.BodyRoot(operations),
            new LedgerRoots(Sample.Word(21), Sample.Word(22), Sample.Word(23), kind == BlockKind.Normal ? default : Set.Hash), new BlockContext(24, Sample.Word(25), Sample.Word(26), 27)),
        operations)!;

    internal static Proposal Proposal(ulong view = 5)
    {
        var block = Block(view, BlockKind.Normal, Sample.Word(28), Operations);
        return Ncn.Consensus.Proposal.Of(
            block, Vote(block.Header.Proposer, VoteKind.Notarize, view, block.Hash), [Certificate(VoteKind.Notarize, view - 2, Sample.Word(28), members: 3), Certificate(VoteKind.Nullify, view - 1)])!;
    }

    internal static VerifiedCheckpoint Checkpoint(int signer = 1)
    {
        var content = new Checkpoint(1, 100, Sample.Word(31), Sample.Word(32), Sample.Word(33), Sample.Word(34), Sample.Word(35));
        return VerifiedCheckpoint.Trust(content, signer, Keys[signer].Sign(content, Consensus).Signature);
    }

    internal static VerifiedEpochProof Proof()
    {
        var end = Block(7, BlockKind.EpochEnd, Sample.Word(36), Operations[0]);
        var tail = Block(8, BlockKind.Tail, end.Hash);
        return VerifiedEpochProof.Of(Certificate(VoteKind.Finalize, 8, tail.Hash), [tail, end])!;
    }

    internal static LedgerState Ledger(int entries)
    {
        var main = StateTrie.Of(Enumerable.Range(0, entries).Select(static i => (Keccak256.Of(BitConverter.GetBytes(i)), new HexBytes(new byte[1 + (i % 3_000)]))));
        return new LedgerState(main, StateTrie.Of([(Sample.Word(41), new HexBytes([1, 2, 3])), (Sample.Word(42), HexBytes.Empty)]));
    }

    internal static VerifiedSnapshot Snapshot(int entries)
    {
        var ledger = Ledger(entries);
        var header = Block(9).Header with { Roots = ledger.Roots(default) };
        var block = Ncn.Consensus.Block.Of(header, [])!;
        return VerifiedSnapshot.Of(Certificate(VoteKind.Finalize, 9, block.Hash), block, ledger)!;
    }

    /// <summary>Every message and every row, by name.</summary>
    internal static IEnumerable<(string Name, byte[] Frame)> Frames()
    {
        foreach (var (name, message) in Messages())
        {
            yield return (name, WireForm.Write(message, Sample.NetworkSalt));
        }

        yield return ("row-block", RowForm.Write(new DurableRow.OfBlock(Block(5, BlockKind.Normal, default, Operations)), Sample.NetworkSalt));
        yield return ("row-certificate", RowForm.Write(new DurableRow.OfCertificate(Certificate(VoteKind.Nullify, 5, members: 3)), Sample.NetworkSalt));
        yield return ("row-epoch", RowForm.Write(new DurableRow.OfEpoch(Proof()), Sample.NetworkSalt));
    }

    internal static IEnumerable<(string Name, WireMessage Message)> Messages()
    {
        var (proof, snapshot) = (Proof(), Snapshot(3));
        yield return ("ballot", Single(new ConsensusMessage.Ballot(Vote(2, VoteKind.Finalize, 3, Sample.Word(4)))));
        yield return ("relayed", Single(new ConsensusMessage.Relayed([Vote(2, VoteKind.Nullify, 3), Vote(1, VoteKind.Notarize, 3, Sample.Word(4)), Vote(0, VoteKind.Nullify, 2)])));
        yield return ("certified", Single(new ConsensusMessage.Certified(Certificate(VoteKind.Finalize, 3, Sample.Word(4)))));
        yield return ("proposed", Single(new ConsensusMessage.Proposed(Proposal())));
        yield return ("checkpoint", Single(new ConsensusMessage.CheckpointSigned(Checkpoint())));
        yield return ("operations", new WireMessage.Operations(1, [.. Operations.Select(ClaimedOperation.Of)]));
        yield return ("ask-block", new WireMessage.Asked(1, 1, new Question.OfCore(new Wanted.OfBlock(Sample.Word(5), 6))));
        yield return ("ask-view", new WireMessage.Asked(1, 2, new Question.OfCore(new Wanted.OfView(7))));
        yield return ("ask-ledger", new WireMessage.Asked(1, 3, new Question.OfCore(new Wanted.OfLedger(8))));
        yield return ("ask-epoch", new WireMessage.Asked(1, 4, new Question.OfCore(new Wanted.OfEpoch(1))));
        yield return ("ask-part", new WireMessage.Asked(1, 5, new Question.OfPart(Sample.Word(9), 10)));
        yield return ("ask-kept", new WireMessage.Asked(1, 6, new Question.OfKept(Sample.Word(9))));
        yield return ("ask-kept-part", new WireMessage.Asked(1, 7, new Question.OfKeptPart(Sample.Word(9), 11)));
        yield return ("answer-nothing", new WireMessage.Answered(1, 1, Answer.Nothing.Instance));
        yield return ("answer-blocks", new WireMessage.Answered(1, 1, new Answer.Blocks([.. proof.Blocks.Select(ClaimedBlock.Of)])));
        yield return ("answer-certificates", new WireMessage.Answered(1, 2, new Answer.Certificates([Certificate(VoteKind.Notarize, 7, Sample.Word(1)).ToCertificate(), Certificate(VoteKind.Nullify, 7).ToCertificate()])));
        yield return ("answer-ledger", new WireMessage.Answered(1, 3, new Answer.OfLedger(SnapshotCutting.Head(snapshot))));
        yield return ("answer-ledger-tails", new WireMessage.Answered(1, 3, new Answer.OfLedger(new SnapshotHead(proof.Finalization.ToCertificate(), [.. proof.Blocks.Select(ClaimedBlock.Of)], 3, 2, 1))));
        yield return ("answer-kept", new WireMessage.Answered(1, 6, new Answer.OfKept(Sample.Word(9), Sample.Word(10), 12, Keys[1].Sign(new KeptDigest(Sample.Word(9), Sample.Word(10)), Network).Signature)));
        yield return ("answer-kept-part", new WireMessage.Answered(1, 7, new Answer.OfKeptPart(Sample.Word(9), 11, new HexBytes([1, 2, 3]))));
        yield return ("answer-part", new WireMessage.Answered(1, 5, new Answer.OfPart(SnapshotCutting.Parts(snapshot.Ledger).Single())));
        yield return ("answer-epoch", new WireMessage.Answered(1, 4, new Answer.OfEpoch(proof.Finalization.ToCertificate(), [.. proof.Blocks.Select(ClaimedBlock.Of)])));
    }

    private static WireMessage Single(ConsensusMessage message) => WireMessage.Of(message).Single();
}
