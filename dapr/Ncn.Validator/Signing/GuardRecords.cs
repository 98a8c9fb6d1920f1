using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.Signing;

/// <summary>What the guard's file says so far.</summary>
/// <param name="Key">Whose guard it is.</param>
/// <param name="Domain">Separator of the domain that votes are signed under.</param>
/// <param name="Incarnation">How often the key was taken into use, this time included.</param>
/// <param name="Signed">Rows, floor and mark (rules D1, D2, D4).</param>
internal sealed record GuardContent(Address Key, Hash32 Domain, ulong Incarnation, SignGuard Signed);

/// <summary>
/// The byte form of the guard's file. Its first frame is version (1), key (20), domain (32); each later frame a sequence of records, one tag
/// byte and fixed members, big-endian: an opening (incarnation), a vote (kind, epoch, view, block), a checkpoint (as signed), a floor (epoch, view).
/// </summary>
internal static class GuardRecords
{
    private const byte Version = 1;
    private const byte OpeningTag = 1;
    private const byte VoteTag = 2;
    private const byte CheckpointTag = 3;
    private const byte FloorTag = 4;

    internal static byte[] Head(Address key, Hash32 domain) => new CanonicalWriter().Byte(Version).Address(key).Word(domain).Written.ToArray();

    internal static CanonicalWriter Opening(this CanonicalWriter writer, ulong incarnation) => writer.Byte(OpeningTag).Number(incarnation);

    internal static CanonicalWriter Record(this CanonicalWriter writer, Vote vote) =>
        writer.Byte(VoteTag).Byte((byte)vote.Kind).Number(vote.Epoch).Number(vote.View).Word(vote.BlockHash);

    internal static CanonicalWriter Record(this CanonicalWriter writer, Checkpoint checkpoint) => writer.Byte(CheckpointTag)
        .Number(checkpoint.Epoch).Number(checkpoint.Height).Word(checkpoint.BlockHash).Word(checkpoint.StateRoot)
        .Word(checkpoint.ReceiptsRoot).Word(checkpoint.RewardsRoot).Word(checkpoint.NextSetHash);

    internal static CanonicalWriter Floor(this CanonicalWriter writer, ulong epoch, ulong floor) => writer.Byte(FloorTag).Number(epoch).Number(floor);

    /// <summary>The two frames that say the same as all before.</summary>
    internal static ImmutableArray<ReadOnlyMemory<byte>> Compact(GuardContent content)
    {
        var (signed, writer) = (content.Signed, new CanonicalWriter());
        writer.Opening(content.Incarnation).Floor(signed.Epoch, signed.Floor);
        foreach (var vote in signed.Votes())
        {
            writer.Record(vote);
        }

        if (signed.Mark is { } mark)
        {
            writer.Record(mark);
        }

        return [Head(content.Key, content.Domain), writer.Written.ToArray()];
    }

    /// <exception cref="FormatException">It is no guard's file, or of a later version.</exception>
    internal static GuardContent Read(IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var head = new LogReader(frames.Count > 0 ? frames[0].Span : []);
        if (head.Byte() != Version)
        {
            throw new FormatException("it is of another version, or no guard's file");
        }

        var content = new GuardContent(head.Address(), head.Word(), 0, SignGuard.Of(1));
        foreach (var frame in frames.Skip(1))
        {
            content = With(content, frame.Span);
        }

        return content;
    }

    private static GuardContent With(GuardContent content, ReadOnlySpan<byte> frame)
    {
        var reader = new LogReader(frame);
        while (!reader.IsAtEnd)
        {
            var tag = reader.Byte();
            content = tag switch
            {
                OpeningTag => content with { Incarnation = reader.Number() },
                VoteTag => content with { Signed = With(content.Signed, new Vote((VoteKind)reader.Byte(), reader.Number(), reader.Number(), reader.Word())) },
                CheckpointTag => content with { Signed = content.Signed.With(CheckpointOf(ref reader)) },
                FloorTag => content with { Signed = content.Signed.ForEpoch(reader.Number()).WithFloor(reader.Number()) },
                _ => throw new FormatException($"a record has the unknown tag {tag}"),
            };
        }

        return content;
    }

    private static SignGuard With(SignGuard guard, Vote vote) => guard.ForEpoch(vote.Epoch).With(vote);

    private static Checkpoint CheckpointOf(ref LogReader reader) =>
        new(reader.Number(), reader.Number(), reader.Word(), reader.Word(), reader.Word(), reader.Word(), reader.Word());
}
