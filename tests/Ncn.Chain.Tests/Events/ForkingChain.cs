using Ncn.Chain.Events;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Chain.Tests.Events;

/// <summary>A chain that reorganizes itself, also in the middle of a reading, all from one seed.</summary>
internal sealed class ForkingChain(ChainSettings settings, Random random) : ILogSource, ILogView
{
    private readonly List<Block> _blocks = [new Block(default, [])];
    private int _made;

    /// <summary>Most blocks in one request.</summary>
    internal ulong MostBlocks { get; set; } = 8;

    /// <summary>How often of a thousand requests the chain changes under the reader.</summary>
    internal int Unrest { get; set; } = 60;

    internal ulong Head => (ulong)_blocks.Count - 1;

    /// <summary>The ids of the events up to a block.</summary>
    internal IEnumerable<EventId> EventsUpTo(ulong block) => _blocks.Take((int)block + 1).SelectMany(found => found.Logs).Select(log => log.Id);

    internal void Grow(int blocks)
    {
        for (var i = 0; i < blocks; i++)
        {
            var number = (ulong)_blocks.Count;
            var hash = new Hash32(Keccak256.Hash([.. _blocks[^1].Hash.ToArray(), .. BitConverter.GetBytes(++_made)]));
            _blocks.Add(new Block(hash, [.. Enumerable.Range(0, random.Next(4)).Select(index => LogOf(number, hash, (uint)index))]));
        }
    }

    internal void Reorganize(int depth)
    {
        depth = Math.Min(depth, _blocks.Count - 1);
        _blocks.RemoveRange(_blocks.Count - depth, depth);
        Grow(depth + random.Next(3));
    }

    public Task<T> ReadAsync<T>(Func<ILogView, Task<T>> read, CancellationToken cancellationToken) => read(this);

    public Task<ulong> ReadHeadAsync() => Task.FromResult(Head);

    public Task<Hash32> ReadHashAsync(ulong block)
    {
        Stir();
        return Task.FromResult(block <= Head ? _blocks[(int)block].Hash : default);
    }

    public Task<IReadOnlyList<ChainLog>> ReadLogsAsync(ulong first, ulong last)
    {
        Stir();
        return last - first >= MostBlocks
            ? throw new TimeoutException("Too many blocks.")
            : Task.FromResult<IReadOnlyList<ChainLog>>([.. _blocks.Skip((int)first).Take((int)(last - first) + 1).SelectMany(block => block.Logs)]);
    }

    private void Stir()
    {
        if (random.Next(1000) < Unrest)
        {
            Reorganize(1 + random.Next(12));
        }
    }

    private ChainLog LogOf(ulong number, Hash32 hash, uint index) =>
        new(settings.ChainId, settings.InferencePayment, [new Hash32(Keccak256.Hash([1]))], default, number, hash, default, index);

    private sealed record Block(Hash32 Hash, IReadOnlyList<ChainLog> Logs);
}
