using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Chain.Events;

/// <summary>A block and its hash.</summary>
public readonly record struct BlockMark(ulong Number, Hash32 Hash);

/// <summary>How far the logs were read. Keep it together with what was made of them. Its JSON form is small.</summary>
/// <param name="Start">The first block that was ever to be read.</param>
/// <param name="Next">The first block that was not read.</param>
/// <param name="Marks">Blocks that were read last, oldest first: the newest tells whether the chain is still the same, the others where it parted.</param>
public sealed record ChainCursor(ulong Start, ulong Next, ImmutableArray<BlockMark> Marks)
{
    /// <summary>Most marks that are kept: every recent reading, and older ones ever further apart.</summary>
    public const int MaxMarks = 24;

    /// <summary>Reading begins with this block; use the one that the contracts were deployed in, or 0.</summary>
    public static ChainCursor StartAt(ulong block) => new(block, block, []);

    /// <summary>After reading up to a block.</summary>
    internal ChainCursor Advance(BlockMark last) => new(Start, last.Number + 1, Thin(Marks.Add(last)));

    /// <summary>Back to the newest mark up to a place in the list; -1 goes back to before them all.</summary>
    internal ChainCursor Rewind(int mark) => mark < 0 ? StartAt(Start) : new(Start, Marks[mark].Number + 1, Marks[..(mark + 1)]);

    // Drops the mark whose neighbours are nearest to each other for their age, so that the distances double with the age.
    private static ImmutableArray<BlockMark> Thin(ImmutableArray<BlockMark> marks)
    {
        if (marks.Length <= MaxMarks)
        {
            return marks;
        }

        var newest = marks[^1].Number;
        var drop = Enumerable.Range(1, marks.Length - 3)
            .MinBy(i => (double)(marks[i + 1].Number - marks[i - 1].Number) / (newest - marks[i].Number));
        return marks.RemoveAt(drop);
    }
}

/// <summary>What a reading gave.</summary>
public abstract record LogReadingResult
{
    private LogReadingResult()
    {
    }

    /// <summary>Where to read on.</summary>
    public abstract ChainCursor Cursor { get; init; }

    /// <summary>The events of the next blocks, in the order of the chain; none when no block is deep enough yet.</summary>
    /// <param name="HasMore">There are more blocks to read at once.</param>
    public sealed record Read(ImmutableArray<ChainEvent> Events, ChainCursor Cursor, bool HasMore) : LogReadingResult;

    /// <summary>The chain was reorganized below what was read: undo what was made of the events of <paramref name="From"/> and later blocks, and read on.</summary>
    public sealed record Reorganized(ulong From, ChainCursor Cursor) : LogReadingResult;
}
