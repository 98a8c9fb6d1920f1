using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>Bytes of questions and answers.</summary>
internal static class AnswerForm
{
    private const int FewestCertificateBytes = WireLimits.VoteBytes + 13 + Signature.Size;

    internal static void Write(CanonicalWriter writer, ulong epoch, Question question)
    {
        switch (question)
        {
            case Question.OfCore { Wanted: Wanted.OfBlock block }:
                writer.Byte(1).Word(block.Hash).Number(block.DownToHeight);
                break;
            case Question.OfCore { Wanted: Wanted.OfView view }:
                writer.Byte(2).Number(view.View);
                break;
            case Question.OfCore { Wanted: Wanted.OfLedger ledger }:
                writer.Byte(3).Number(ledger.AboveHeight);
                break;
            case Question.OfCore { Wanted: Wanted.OfEpoch of } when of.Epoch == epoch:
                writer.Byte(4);
                break;
            case Question.OfPart part:
                writer.Byte(5).Word(part.Block).Number((uint)part.Part);
                break;
            case Question.OfKept kept:
                writer.Byte(6).Word(kept.Block);
                break;
            case Question.OfKeptPart part:
                writer.Byte(7).Word(part.Block).Number((uint)part.Part);
                break;
            default:
                throw new ArgumentException($"A {question} in a frame of epoch {epoch} has no form on the wire.", nameof(question));
        }
    }

    internal static Question ReadQuestion(ref WireReader reader, ulong epoch)
    {
        switch (reader.Byte())
        {
            case 1:
                return new Question.OfCore(new Wanted.OfBlock(reader.Word(), reader.Number()));
            case 2:
                return new Question.OfCore(new Wanted.OfView(reader.Number()));
            case 3:
                return new Question.OfCore(new Wanted.OfLedger(reader.Number()));
            case 4:
                return new Question.OfCore(new Wanted.OfEpoch(epoch));
            case 5:
                var block = reader.Word();
                return new Question.OfPart(block, reader.UpTo(WireLimits.SnapshotParts, "a part's number"));
            case 6:
                return new Question.OfKept(reader.Word());
            case 7:
                return new Question.OfKeptPart(reader.Word(), reader.UpTo(WireLimits.KeptParts, "a part's number"));
            default:
                reader.Fail("a question's kind is unknown");
                return new Question.OfPart(default, 0);
        }
    }

    internal static void Write(CanonicalWriter writer, Answer answer)
    {
        switch (answer)
        {
            case Answer.Nothing:
                writer.Byte(0);
                break;
            case Answer.Blocks blocks:
                BlockForm.Write(writer.Byte(1), blocks.Items);
                break;
            case Answer.Certificates certificates:
                Write(writer.Byte(2), certificates.Items);
                break;
            case Answer.OfLedger { Head.Blocks.Length: 1 } ledger:
                BlockForm.Write(Write(writer.Byte(3), ledger.Head), ledger.Head.Block);
                WriteCounts(writer, ledger.Head);
                break;
            case Answer.OfLedger ledger:
                BlockForm.Write(Write(writer.Byte(6), ledger.Head), ledger.Head.Blocks);
                WriteCounts(writer, ledger.Head);
                break;
            case Answer.OfPart part:
                Write(writer.Byte(4), part.Part);
                break;
            case Answer.OfEpoch epoch:
                VoteForm.Write(writer.Byte(5), epoch.Finalization);
                BlockForm.Write(writer, epoch.Items);
                break;
            case Answer.OfKept kept:
                writer.Byte(7).Word(kept.Block).Word(kept.Digest).Number((uint)kept.Parts).Signature(kept.Signature);
                break;
            case Answer.OfKeptPart part:
                writer.Byte(8).Word(part.Block).Number((uint)part.Number).Bytes(part.Content.Span);
                break;
            default:
                throw new ArgumentException($"A {answer.GetType().Name} has no form on the wire.", nameof(answer));
        }
    }

    internal static Answer ReadAnswer(ref WireReader reader, WireHead head)
    {
        var kind = reader.Byte();
        switch (kind)
        {
            case 0:
                return Answer.Nothing.Instance;
            case 1:
                return new Answer.Blocks(BlockForm.ReadAll(ref reader, head, WireLimits.Blocks));
            case 2:
                return new Answer.Certificates(ReadCertificates(ref reader, head.Epoch));
            case 3 or 6:
                return new Answer.OfLedger(ReadHead(ref reader, head, hasTails: kind == 6));
            case 4:
                return new Answer.OfPart(ReadPart(ref reader));
            case 5:
                return new Answer.OfEpoch(VoteForm.ReadCertificate(ref reader, head.Epoch), BlockForm.ReadAll(ref reader, head, WireLimits.EpochBlocks));
            default:
                return ReadKept(ref reader, kind);
        }
    }

    private static Answer ReadKept(ref WireReader reader, byte kind)
    {
        switch (kind)
        {
            case 7:
                return new Answer.OfKept(reader.Word(), reader.Word(), reader.UpTo(WireLimits.KeptParts, "parts"), reader.Signature());
            case 8:
                return new Answer.OfKeptPart(reader.Word(), reader.UpTo(WireLimits.KeptParts, "a part's number"), new HexBytes(reader.Bytes(WireLimits.SnapshotPartBytes, "a part")));
            default:
                reader.Fail("an answer's kind is unknown");
                return Answer.Nothing.Instance;
        }
    }

    internal static void Write(CanonicalWriter writer, ImmutableArray<Certificate> certificates)
    {
        writer.Number((uint)certificates.Length);
        foreach (var certificate in certificates)
        {
            VoteForm.Write(writer, certificate);
        }
    }

    /// <summary>Strictly ascending by view and kind.</summary>
    internal static ImmutableArray<Certificate> ReadCertificates(ref WireReader reader, ulong epoch)
    {
        var certificates = reader.Items(WireLimits.Justification, FewestCertificateBytes, "certificates", (ref WireReader item) => VoteForm.ReadCertificate(ref item, epoch));
        var isAscending = certificates.Zip(certificates.Skip(1)).All(static pair => (pair.First.Vote.View, pair.First.Vote.Kind).CompareTo((pair.Second.Vote.View, pair.Second.Vote.Kind)) < 0);
        reader.Require(isAscending, "certificates are not in order, or one is there twice");
        return certificates;
    }

    private static CanonicalWriter Write(CanonicalWriter writer, SnapshotHead head)
    {
        VoteForm.Write(writer, head.Finalization);
        return writer;
    }

    private static void WriteCounts(CanonicalWriter writer, SnapshotHead head) => writer.Number((uint)head.Main).Number((uint)head.Receipts).Number((uint)head.Parts);

    // A block that is final by itself has the one form, a block with tails the other.
    private static SnapshotHead ReadHead(ref WireReader reader, WireHead head, bool hasTails)
    {
        const int most = WireLimits.SnapshotParts * (WireLimits.SnapshotPartBytes / (Hash32.Size + 4));
        var finalization = VoteForm.ReadCertificate(ref reader, head.Epoch);
        var blocks = hasTails ? BlockForm.ReadAll(ref reader, head, WireLimits.EpochBlocks) : [BlockForm.Read(ref reader, head)];
        reader.Require(!hasTails || blocks.Length > 1, "a snapshot's block has no tails");
        return new SnapshotHead(
            finalization, blocks,
            reader.UpTo(most, "a snapshot's size"), reader.UpTo(most, "a snapshot's size"), reader.UpTo(WireLimits.SnapshotParts, "a snapshot's parts"));
    }

    private static void Write(CanonicalWriter writer, SnapshotPart part)
    {
        writer.Number((uint)part.Number).Number((uint)part.Entries.Length);
        foreach (var (key, value) in part.Entries)
        {
            writer.Word(key).Bytes(value.Span);
        }
    }

    private static SnapshotPart ReadPart(ref WireReader reader)
    {
        var number = reader.UpTo(WireLimits.SnapshotParts, "a part's number");
        var before = reader.Left;
        var entries = reader.Items(WireLimits.SnapshotPartBytes / (Hash32.Size + 4), Hash32.Size + 4, "entries", static (ref WireReader entry) =>
            (entry.Word(), new HexBytes(entry.Bytes(WireLimits.ValueBytes, "a value"))));
        reader.Require(reader.Reason is not null || before - reader.Left <= WireLimits.SnapshotPartBytes + 4, $"a part is longer than {WireLimits.SnapshotPartBytes} bytes");
        return new SnapshotPart(number, entries);
    }
}
