using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Rows;

namespace Ncn.Validator.Engine;

/// <summary>When the rows begin a new part: with each epoch, and when the present one has grown. The engine's thread alone uses it.</summary>
internal sealed class LogTurns(EngineSettings settings, RowLog log, (Address Key, ulong Incarnation) use, IEngineEvents events, ILogger errors) : IDisposable
{
    /// <summary>How many epochs' ends are kept for those who are late.</summary>
    internal const int EpochsKept = 16;

    private Task _writing = Task.CompletedTask;
    private ImmutableSortedDictionary<ulong, EndedEpoch> _earlier = ImmutableSortedDictionary<ulong, EndedEpoch>.Empty;
    private Ancestor? _at;

    internal void Begin(LogContent content) => (_earlier, _at) = (content.Earlier, content.At);

    internal void Delivered(Block block) => _at = Of(block);

    internal void Restored(Block block) => _at = Of(block);

    /// <summary>The first part of an epoch is whole before anything of it is signed.</summary>
    internal void BeginEpoch(EpochSettings epoch, LedgerState ledger, EndedEpoch ended)
    {
        _earlier = _earlier.SetItem(epoch.Number - 1, ended);
        _earlier = _earlier.RemoveRange(_earlier.Keys.Take(Math.Max(0, _earlier.Count - EpochsKept)));
        _at = epoch.Anchor;
        _writing.GetAwaiter().GetResult();
        log.BeginPart(new LogContent(epoch, epoch.Anchor, ledger, use.Incarnation, _earlier, []) { Key = use.Key, Kept = events.Keep() })();
    }

    /// <summary>A part that has grown is followed by another, whose state is written beside the work.</summary>
    internal void AfterRound(ConsensusState state, LedgerDesk desk, RowStore store)
    {
        if (log.Length <= settings.PartBytes || !_writing.IsCompleted || _at is null || _at.Hash != desk.DeliveredHash || state.End is not null)
        {
            return;
        }

        _writing.GetAwaiter().GetResult();
        var finish = log.BeginPart(new LogContent(state.Epoch, _at, desk.Delivered, use.Incarnation, _earlier, [.. store.Rows]) { Key = use.Key, Kept = events.Keep() });
        errors.LogInformation("The rows begin a new part at height {Height}.", _at.Height);
        _writing = Task.Run(finish);
    }

    public void Dispose()
    {
        try
        {
            _writing.GetAwaiter().GetResult();
        }
        catch (IOException failure)
        {
            errors.LogError(failure, "The state of the last part was not written; the part before still has everything.");
        }
    }

    // A tail is never delivered, so the kind is that of a block with operations.
    private static Ancestor Of(Block block) => new(block.Hash, block.View, block.Height, block.Header.Kind, block.Header.Roots, block.Header.Context);
}
