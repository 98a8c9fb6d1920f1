using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Ncn.Consensus.Tests.Network;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Wire;

/// <summary>Any message is read as it was written; any bytes are read without a throw, and what is read has no second form.</summary>
public sealed class RoundTripTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(400).WithQuietOnSuccess(true);
    private static readonly byte[][] Frames = [.. WireSample.Frames().Select(static frame => frame.Frame)];
    private static readonly Gen<ulong> Numbers = ArbMap.Default.GeneratorFor<ulong>();
    private static readonly Gen<ulong> Views = Numbers.Select(static number => Math.Clamp(number, 1, ulong.MaxValue - 1));
    private static readonly Gen<Hash32> Words = Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>(), Hash32.Size).Select(static bytes => new Hash32(bytes));
    private static readonly Gen<Address> Addresses = Words.Select(static word => new Address(word.ToArray().AsSpan(0, Address.Size)));
    private static readonly Gen<int> Members = Gen.Choose(0, ValidatorSet.Most - 1);

    [Fact]
    public void A_message_is_read_as_it_was_written() =>
        Check.One(Many, Prop.ForAll(Messages().ToArbitrary(), static message =>
        {
            var frame = WireForm.Write(message, Sample.NetworkSalt);
            return WireForm.TryRead(frame, Sample.NetworkSalt, out var read, out _) && read.GetType() == message.GetType() && read.Epoch == message.Epoch
                && WireForm.Write(read, Sample.NetworkSalt).AsSpan().SequenceEqual(frame);
        }));

    [Fact]
    public void A_damaged_frame_is_refused_or_is_another_message_in_its_one_form() =>
        Check.One(Many.WithMaxTest(5_000), Prop.ForAll(Damaged().ToArbitrary(), IsTotal));

    [Fact]
    public void Any_bytes_behind_a_good_head_are_refused_or_are_in_their_one_form() =>
        Check.One(Many.WithMaxTest(5_000), Prop.ForAll(Noise().ToArbitrary(), IsTotal));

    [Fact]
    public void Every_frame_that_ends_early_or_late_is_refused()
    {
        foreach (var frame in Frames)
        {
            Assert.DoesNotContain(Enumerable.Range(0, frame.Length), length => GoldenTests.Again(frame[..length]) is not null);
            Assert.Null(GoldenTests.Again([.. frame, 0]));
        }
    }

    private static bool IsTotal(byte[] frame) => GoldenTests.Again(frame) is not { } again || again.AsSpan().SequenceEqual(frame);

    private static Gen<byte[]> Damaged() =>
        from frame in Gen.Elements(Frames)
        from at in Gen.Choose(0, frame.Length - 1)
        from value in Gen.Choose(0, 255)
        from more in Gen.Choose(0, 3)
        from other in Gen.Choose(0, frame.Length - 1)
        select Changed(frame, at, (byte)value, more == 0 ? other : at);

    private static byte[] Changed(byte[] frame, int at, byte value, int other)
    {
        byte[] changed = [.. frame];
        (changed[at], changed[other]) = (value, (byte)(changed[other] ^ value));
        return changed;
    }

    private static Gen<byte[]> Noise() =>
        from kind in Gen.Elements(1, 2, 3, 4, 5, 6, 7, 8, 65, 66, 67)
        from length in Gen.Choose(0, 600)
        from few in Gen.Choose(0, 255)
        from payload in Gen.ArrayOf(Gen.Choose(0, few).Select(static value => (byte)value), length)
        select Headed((byte)kind, payload);

    private static byte[] Headed(byte kind, byte[] payload)
    {
        byte[] frame = [.. Frames[0][..WireHead.Size], .. payload];
        frame[1] = kind;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(2), (uint)payload.Length);
        return frame;
    }

    private static Gen<WireMessage> Messages() => Numbers.SelectMany(static epoch => Gen.OneOf(
        Votes(epoch).Select(static WireMessage (vote) => new WireMessage.Ballot(vote)),
        Gen.ListOf(Votes(epoch), 5).Select(WireMessage (votes) => new WireMessage.Relayed(epoch, Ordered(votes))),
        Certificates(epoch).Select(static WireMessage (certificate) => new WireMessage.Certified(certificate)),
        from block in Blocks(epoch)
        from signature in Signatures()
        from justification in Gen.ListOf(Certificates(epoch), 3)
        select (WireMessage)new WireMessage.Proposed(block, signature, [.. justification.DistinctBy(static one => one.Vote.View).OrderBy(static one => one.Vote.View)]),
        Gen.ListOf(Operations(), 4).Select(WireMessage (operations) => new WireMessage.Operations(epoch, [.. operations])),
        from number in Numbers
        from blocks in Gen.ListOf(Blocks(epoch), 2)
        select (WireMessage)new WireMessage.Answered(epoch, number, new Answer.Blocks([.. blocks]))));

    private static ImmutableArray<ClaimedVote> Ordered(IEnumerable<ClaimedVote> votes) =>
        [.. votes.DistinctBy(static vote => (vote.Vote, vote.Signer)).OrderBy(static vote => vote.Vote.View).ThenBy(static vote => vote.Vote.Kind).ThenBy(static vote => vote.Vote.BlockHash).ThenBy(static vote => vote.Signer)];

    private static Gen<Vote> Contents(ulong epoch) =>
        from kind in Gen.Elements(VoteKind.Notarize, VoteKind.Nullify, VoteKind.Finalize)
        from view in Views
        from block in Words
        select new Vote(kind, epoch, view, kind == VoteKind.Nullify ? default : block.IsZero ? Sample.Word(1) : block);

    private static Gen<ClaimedVote> Votes(ulong epoch) =>
        from content in Contents(epoch)
        from signer in Members
        from signature in Signatures()
        select new ClaimedVote(content, signer, signature);

    private static Gen<Certificate> Certificates(ulong epoch) =>
        from content in Contents(epoch)
        from signers in Gen.ListOf(Members, 7)
        from signature in Signatures()
        let bits = signers.Append(0).Aggregate(default(SignerBits), static (all, member) => all.With(member))
        select new Certificate(content, bits, [.. Enumerable.Repeat(signature, bits.Count)]);

    private static Gen<ClaimedBlock> Blocks(ulong epoch) =>
        from view in Views
        from parent in Views
        from kind in Gen.Elements(BlockKind.Normal, BlockKind.EpochEnd, BlockKind.Tail)
        from proposer in Members
        from words in Gen.ArrayOf(Words, 8)
        from numbers in Gen.ArrayOf(Numbers, 3)
        from operations in Gen.ListOf(Operations(), 4)
        select new ClaimedBlock(
            new BlockHeader(
                Sample.NetworkSalt, epoch, view, parent % view, words[0], numbers[0], kind, proposer, words[1],
                new LedgerRoots(words[2], words[3], words[4], words[5]), new BlockContext(numbers[1], words[6], words[7], numbers[2])),
            [.. operations]);

    private static Gen<ClaimedOperation> Operations() =>
        from which in Gen.Choose(0, 12)
        from author in Addresses
        from number in Numbers
        from word in Words
        from other in Words
        from signature in Signatures()
        let operation = Operation(which, author.IsZero ? Sample.Key(1) : author, number, word, other)
        select new ClaimedOperation(operation, operation.IsObservation ? default : signature);

    private static Operation Operation(int which, Address author, ulong number, Hash32 word, Hash32 other) => which switch
    {
        0 => new Operation.AnnounceNode(author, number, word),
        1 => new Operation.RetireNode(author, number),
        2 => new Operation.CommitReceipts(author, number, word, (uint)(number >> 32), new TokenAmount(new UInt128(number, number))),
        3 => new Operation.CommitVerdict(author, word, other),
        4 => new Operation.RevealVerdict(author, word, (byte)(number >> 56), other),
        5 => new Operation.BeReady(author, word, other),
        6 => new Operation.ObserveSet((uint)(number >> 32), [new Validator(author, number), new Validator(author, 0)]),
        7 => new Operation.ObserveCheckpoint(number),
        8 => new Operation.ObservePolicy(number, word, (ushort)number),
        9 => new Operation.ObserveRewards(number, word),
        10 => new Operation.OpenAudit(author, number, word, Sample.Key(7), new TokenAmount(number)),
        11 => new Operation.Testify(author, (byte)number, new HexBytes(word.ToArray())),
        _ => new Operation.ObserveFunds(number, [new FundEntry((byte)number, other, new TokenAmount(number))]),
    };

    // In canonical form; by nobody.
    private static Gen<Signature> Signatures() =>
        from r in Words
        from s in Words
        from v in Gen.Choose(27, 28)
        select Signature(r.ToArray(), s.ToArray(), (byte)v);

    private static Signature Signature(byte[] r, byte[] s, byte v)
    {
        (r[31], s[0], s[31]) = ((byte)(r[31] | 1), (byte)(s[0] & 0x3F), (byte)(s[31] | 1));
        return new Signature([.. r, .. s, v]);
    }
}
