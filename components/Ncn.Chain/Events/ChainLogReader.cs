using Ncn.Chain.Rpc;
using Ncn.Protocol;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;

namespace Ncn.Chain.Events;

/// <summary>Reads the contracts' events, each once and in the chain's order, from blocks that have the configured confirmations.</summary>
/// <remarks>
/// One reading, all of it from one node: 1. the newest marks of the cursor are looked for; when one is gone, the reading ends with
/// "reorganized" and a cursor at the newest mark that is left. 2. The last block to read and its hash are asked. 3. The logs up to
/// it are asked, in fewer blocks when the node refuses. 4. Each log's block, the newest mark and the last block are asked again: the
/// logs count only when all hashes are the same, so that they belong to one chain.
/// </remarks>
public sealed class ChainLogReader
{
    private readonly ChainSettings _settings;
    private readonly ILogSource _source;
    private readonly ChainEventDecoder _decoder;
    private ulong _range;

    /// <summary>Reads over a connection, which may be one without a key.</summary>
    public ChainLogReader(ChainConnection chain)
        : this((chain ?? throw new ArgumentNullException(nameof(chain))).Settings, new RpcLogSource(chain.Pool, chain.Settings))
    {
    }

    internal ChainLogReader(ChainSettings settings, ILogSource source)
    {
        (_settings, _source, _range) = (settings, source, settings.Limits.LogRangeBlocks);
        _decoder = new ChainEventDecoder(settings);
    }

    /// <summary>The events after a cursor. Store the new cursor together with what was made of the events.</summary>
    /// <exception cref="ChainUnavailableException">No node gave a usable answer; the cursor still holds.</exception>
    public Task<LogReadingResult> ReadAsync(ChainCursor cursor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cursor);
        return _source.ReadAsync(view => ReadAsync(view, cursor), cancellationToken);
    }

    private async Task<LogReadingResult> ReadAsync(ILogView view, ChainCursor cursor)
    {
        var head = await view.ReadHeadAsync().ConfigureAwait(false);
        var (left, known) = await FindMarkAsync(view, cursor, head).ConfigureAwait(false);
        if (left < known)
        {
            var rewound = cursor.Rewind(left);
            return new LogReadingResult.Reorganized(rewound.Next, rewound);
        }

        var deepest = head < _settings.Confirmations ? (ulong?)null : head - _settings.Confirmations;
        if (known < cursor.Marks.Length - 1 || deepest is not { } safe || safe < cursor.Next)
        {
            return new LogReadingResult.Read([], cursor, false);
        }

        var (logs, last) = await ReadLogsAsync(view, cursor, safe).ConfigureAwait(false);
        var events = logs.OrderBy(log => (log.BlockNumber, log.LogIndex)).Select(_decoder.Decode).OfType<ChainEvent>();
        return new LogReadingResult.Read([.. events], cursor.Advance(last), last.Number < safe);
    }

    // The newest mark that the chain still has, and the newest that the node can know of.
    private static async Task<(int Left, int Known)> FindMarkAsync(ILogView view, ChainCursor cursor, ulong head)
    {
        var known = cursor.Marks.Length - 1;
        while (known >= 0 && cursor.Marks[known].Number > head)
        {
            known--;
        }

        var left = known;
        while (left >= 0 && await view.ReadHashAsync(cursor.Marks[left].Number).ConfigureAwait(false) != cursor.Marks[left].Hash)
        {
            left--;
        }

        return (left, known);
    }

    private async Task<(IReadOnlyList<ChainLog> Logs, BlockMark Last)> ReadLogsAsync(ILogView view, ChainCursor cursor, ulong safe)
    {
        while (true)
        {
            var first = cursor.Next;
            var last = Math.Min(safe, first + Volatile.Read(ref _range) - 1);
            var hash = await view.ReadHashAsync(last).ConfigureAwait(false);
            try
            {
                var logs = await view.ReadLogsAsync(first, last).ConfigureAwait(false);
                await CheckAsync(view, logs, cursor, new BlockMark(last, hash)).ConfigureAwait(false);
                Volatile.Write(ref _range, Math.Min(_settings.Limits.LogRangeBlocks, _range + Math.Max(1, _range / 8)));
                return (logs, new BlockMark(last, hash));
            }
            catch (Exception refused) when (first < last && ChainFailures.IsTooMuch(refused))
            {
                Volatile.Write(ref _range, (last - first + 1) / 2);
            }
        }
    }

    private static async Task CheckAsync(ILogView view, IReadOnlyList<ChainLog> logs, ChainCursor cursor, BlockMark last)
    {
        foreach (var block in logs.GroupBy(log => log.BlockNumber))
        {
            var hash = block.Key == last.Number ? last.Hash : await view.ReadHashAsync(block.Key).ConfigureAwait(false);
            if (block.Key < cursor.Next || block.Key > last.Number || block.Any(log => log.BlockHash != hash)
                || block.DistinctBy(log => log.LogIndex).Count() != block.Count())
            {
                throw new ChainUnavailableException($"The node gave logs of block {block.Key} that do not belong to its chain: it is being reorganized, or wrong.");
            }
        }

        // What was read before must be under what was read now.
        foreach (var mark in (BlockMark[])[.. cursor.Marks.TakeLast(1), last])
        {
            if (await view.ReadHashAsync(mark.Number).ConfigureAwait(false) != mark.Hash)
            {
                throw new ChainUnavailableException($"The chain was reorganized at block {mark.Number} while its logs were read.");
            }
        }
    }
}

/// <summary>Where logs come from; the tests have a chain that reorganizes itself.</summary>
internal interface ILogSource
{
    /// <summary>Does all of a reading on one node.</summary>
    Task<T> ReadAsync<T>(Func<ILogView, Task<T>> read, CancellationToken cancellationToken);
}

/// <summary>One node's view of the chain.</summary>
internal interface ILogView
{
    Task<ulong> ReadHeadAsync();

    /// <summary>The block's hash; zero when the node has no such block.</summary>
    Task<Hash32> ReadHashAsync(ulong block);

    Task<IReadOnlyList<ChainLog>> ReadLogsAsync(ulong first, ulong last);
}

internal sealed class RpcLogSource(RpcPool pool, ChainSettings settings) : ILogSource
{
    public Task<T> ReadAsync<T>(Func<ILogView, Task<T>> read, CancellationToken cancellationToken) => pool.AskAsync(
        "The contracts' logs", node => read(new View(node, settings, cancellationToken)), cancellationToken);

    private sealed class View(RpcEndpoint node, ChainSettings settings, CancellationToken cancellationToken) : ILogView
    {
        public Task<ulong> ReadHeadAsync() => node.AskHeadAsync(cancellationToken);

        public async Task<Hash32> ReadHashAsync(ulong block)
        {
            var found = await node.AskAsync(
                web3 => web3.Eth.Blocks.GetBlockWithTransactionsHashesByNumber.SendRequestAsync(new BlockParameter(block)), cancellationToken).ConfigureAwait(false);
            return found is null ? default : Hash32.Parse(found.BlockHash);
        }

        public async Task<IReadOnlyList<ChainLog>> ReadLogsAsync(ulong first, ulong last)
        {
            var filter = new NewFilterInput
            {
                Address = [settings.InferencePayment.ToString(), settings.ValidatorRegistry.ToString()],
                FromBlock = new BlockParameter(new HexBigInteger(first)),
                ToBlock = new BlockParameter(new HexBigInteger(last)),
            };
            var logs = await node.AskAsync(web3 => web3.Eth.Filters.GetLogs.SendRequestAsync(filter), cancellationToken).ConfigureAwait(false);
            return [.. (logs ?? []).Select(log => LogReading.From(settings.ChainId, log))];
        }
    }
}
