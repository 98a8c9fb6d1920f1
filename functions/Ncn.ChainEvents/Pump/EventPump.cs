using Microsoft.Extensions.Logging;
using Ncn.Chain.Events;

namespace Ncn.ChainEvents.Pump;

/// <summary>Carries the contracts' events from the chain to the queue, each once.</summary>
/// <remarks>
/// 1. Read the cursor. 2. Read the events after it, from blocks with the configured confirmations. 3. Send them, each under its own id.
/// 4. Advance the cursor, against its version. Killed between 3 and 4, the next run sends the same ids again, and the broker drops them;
/// past its window they are applied twice, which changes nothing. Of two instances one advances; the other's messages are such repeats.
/// A reorganization is sent like an event: what was applied of the blocks taken back is then read anew from the chain.
/// </remarks>
public sealed class EventPump(ChainLogReader reader, ChainCursorStore cursors, NoticeSender queue, ulong chainId, ILogger<EventPump> logger) : IDisposable
{
    private const int MostReadings = 50;
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Dispose() => _turn.Dispose();

    /// <summary>Reads until there is nothing more, or another instance is faster; returns how many notices were sent.</summary>
    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (!await _turn.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return 0;
        }

        try
        {
            var sent = 0;
            for (var reading = 0; reading < MostReadings; reading++)
            {
                var (notices, goesOn) = await ReadOnceAsync(cancellationToken);
                sent += notices;
                if (!goesOn)
                {
                    break;
                }
            }

            return sent;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<(int Sent, bool GoesOn)> ReadOnceAsync(CancellationToken cancellationToken)
    {
        var (cursor, version) = await cursors.ReadAsync(cancellationToken);
        var reading = await reader.ReadAsync(cursor, cancellationToken);
        ChainNotice[] notices = reading switch
        {
            LogReadingResult.Read read => [.. read.Events.Select(ChainNotice.Of).OfType<ChainNotice>()],
            LogReadingResult.Reorganized lost => [ChainNotice.OfReorganization(chainId, lost.From, cursor.Marks.IsEmpty ? null : cursor.Marks[^1])],
            _ => throw new InvalidOperationException($"{reading.GetType().Name} is no reading."),
        };
        if (reading is LogReadingResult.Reorganized { From: var from })
        {
            logger.LogWarning("The chain took back its blocks from {Block} on; what was read from them is read anew", from);
        }

        await queue.SendAsync(notices, cancellationToken);
        var moved = reading.Cursor.Next != cursor.Next || reading is LogReadingResult.Reorganized;
        var advanced = moved && await cursors.TryAdvanceAsync(reading.Cursor, version, cancellationToken);
        return (notices.Length, advanced && reading is LogReadingResult.Reorganized or LogReadingResult.Read { HasMore: true });
    }
}
