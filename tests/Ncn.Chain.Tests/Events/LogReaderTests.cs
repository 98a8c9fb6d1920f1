using System.Text.Json;
using Ncn.Chain.Events;
using Ncn.Protocol;

namespace Ncn.Chain.Tests.Events;

/// <summary>Readings of a chain that reorganizes itself.</summary>
public sealed class LogReaderTests
{
    private static readonly ChainSettings Settings = new(
        new Uri("http://127.0.0.1:1"), 7, Account(1), Account(2), Account(3), Confirmations: 3)
    {
        Limits = new ChainLimits { LogRangeBlocks = 20 },
    };

    [Fact]
    public async Task No_event_is_skipped_or_repeated_over_random_reorganizations()
    {
        for (var seed = 1; seed <= 150; seed++)
        {
            var random = new Random(seed);
            var chain = new ForkingChain(Settings, random);
            var follower = new Follower(new ChainLogReader(Settings, chain));
            for (var step = 0; step < 60; step++)
            {
                chain.Grow(random.Next(12));
                await follower.ReadAsync();
            }

            chain.Unrest = 0;
            chain.Grow(30);
            await follower.ReadToEndAsync();
            Assert.True(chain.EventsUpTo(chain.Head - 3).SequenceEqual(follower.Seen), $"seed {seed}");
            Assert.True(follower.Cursor.Marks.Length <= ChainCursor.MaxMarks);
        }
    }

    [Fact]
    public async Task A_range_that_a_node_refuses_is_read_in_parts()
    {
        var chain = new ForkingChain(Settings, new Random(1)) { Unrest = 0, MostBlocks = 3 };
        chain.Grow(50);
        var follower = new Follower(new ChainLogReader(Settings, chain));

        await follower.ReadToEndAsync();

        Assert.Equal(chain.EventsUpTo(47), follower.Seen);
    }

    [Fact]
    public async Task A_node_that_is_behind_the_cursor_gives_nothing_and_takes_nothing_back()
    {
        var chain = new ForkingChain(Settings, new Random(1)) { Unrest = 0 };
        chain.Grow(20);
        var follower = new Follower(new ChainLogReader(Settings, chain));
        await follower.ReadToEndAsync();

        var behind = new ForkingChain(Settings, new Random(1)) { Unrest = 0 };
        behind.Grow(10);
        var read = Assert.IsType<LogReadingResult.Read>(await new ChainLogReader(Settings, behind).ReadAsync(follower.Cursor));

        Assert.Empty(read.Events);
        Assert.Equal(follower.Cursor, read.Cursor);
    }

    [Fact]
    public async Task Another_chain_altogether_is_read_from_the_start()
    {
        var chain = new ForkingChain(Settings, new Random(1)) { Unrest = 0 };
        chain.Grow(20);
        var follower = new Follower(new ChainLogReader(Settings, chain));
        await follower.ReadToEndAsync();

        var other = new ForkingChain(Settings, new Random(2)) { Unrest = 0 };
        other.Reorganize(0);
        other.Grow(1);
        other.Reorganize(1);
        other.Grow(30);
        var gone = Assert.IsType<LogReadingResult.Reorganized>(await new ChainLogReader(Settings, other).ReadAsync(follower.Cursor));

        Assert.Equal(0UL, gone.From);
        Assert.Equal(ChainCursor.StartAt(0), gone.Cursor);
    }

    [Fact]
    public async Task A_cursor_survives_its_JSON()
    {
        var chain = new ForkingChain(Settings, new Random(1)) { Unrest = 0 };
        chain.Grow(40);
        var follower = new Follower(new ChainLogReader(Settings, chain));
        await follower.ReadToEndAsync();

        var json = JsonSerializer.Serialize(follower.Cursor, ProtocolJson.Options);
        var again = JsonSerializer.Deserialize<ChainCursor>(json, ProtocolJson.Strict)!;

        Assert.Equal((follower.Cursor.Start, follower.Cursor.Next), (again.Start, again.Next));
        Assert.Equal(follower.Cursor.Marks, again.Marks.AsEnumerable());
    }

    private static Address Account(byte last) => new([.. new byte[19], last]);

    /// <summary>Does what a reader's caller does: keeps events with the cursor, and undoes them when told.</summary>
    private sealed class Follower(ChainLogReader reader)
    {
        private readonly List<ChainEvent> _seen = [];

        internal ChainCursor Cursor { get; private set; } = ChainCursor.StartAt(0);

        internal IEnumerable<EventId> Seen => _seen.Select(seen => seen.Id);

        internal async Task<bool> ReadAsync()
        {
            LogReadingResult result;
            try
            {
                result = await reader.ReadAsync(Cursor);
            }
            catch (ChainUnavailableException)
            {
                // The chain changed meanwhile; the cursor holds.
                return true;
            }

            Cursor = result.Cursor;
            if (result is LogReadingResult.Reorganized reorganized)
            {
                _seen.RemoveAll(seen => seen.BlockNumber >= reorganized.From);
                return true;
            }

            var read = (LogReadingResult.Read)result;
            _seen.AddRange(read.Events);
            return read.HasMore;
        }

        internal async Task ReadToEndAsync()
        {
            while (await ReadAsync())
            {
            }
        }
    }
}
