using System.Collections.Immutable;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Payments;

/// <summary>
/// The node's side of its payment channels: best vouchers, reservations, charges. Each step is the pure
/// <see cref="ChannelLedger"/>, and is on the disk before its result is handed out.
/// </summary>
public sealed class VoucherLedger : IDisposable
{
    /// <summary>Lines after which the file is rewritten at start as one line for each channel.</summary>
    private const int CompactAfterLines = 10_000;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly LedgerLog _log;
    private ImmutableDictionary<ChannelId, ChannelState> _channels;
    private Exception? _broken;

    private VoucherLedger(LedgerLog log, ImmutableDictionary<ChannelId, ChannelState> channels) => (_log, _channels) = (log, channels);

    /// <summary>All channels as they are now.</summary>
    public IReadOnlyDictionary<ChannelId, ChannelState> Channels => _channels;

    /// <summary>Opens the ledger's file, or makes it.</summary>
    /// <exception cref="InvalidDataException">The file is damaged before its end.</exception>
    public static VoucherLedger Open(string path)
    {
        (LedgerLog log, IReadOnlyList<LedgerLine> lines) = LedgerLog.Open(path);
        ImmutableDictionary<ChannelId, ChannelState> channels = lines.Aggregate(ImmutableDictionary<ChannelId, ChannelState>.Empty, Replay);
        if (lines.Count > CompactAfterLines)
        {
            log.Dispose();
            LedgerLog.Replace(path, channels.Select(channel => new LedgerLine(channel.Key, null, channel.Value)));
            (log, _) = LedgerLog.Open(path);
        }

        return new VoucherLedger(log, channels);
    }

    /// <summary>One step on a channel; durable when it returns.</summary>
    /// <exception cref="IOException">The disk refused; nothing more is accepted until a restart has read what it holds.</exception>
    public async Task<ChannelResult> ApplyAsync(ChannelId channel, ChannelInput input, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_broken is not null)
            {
                throw new IOException("The voucher ledger could not be written; restart the worker when the disk is well.", _broken);
            }

            ChannelState before = _channels.GetValueOrDefault(channel, ChannelState.Empty);
            (ChannelState after, ChannelResult result) = ChannelLedger.Apply(before, input);
            if (!ReferenceEquals(before, after))
            {
                Persist(new LedgerLine(channel, input, null));
                _channels = _channels.SetItem(channel, after);
            }

            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _log.Dispose();
        _turn.Dispose();
    }

    private void Persist(LedgerLine line)
    {
        try
        {
            _log.Append(line);
        }
        catch (Exception exception)
        {
            _broken = exception;
            throw;
        }
    }

    private static ImmutableDictionary<ChannelId, ChannelState> Replay(ImmutableDictionary<ChannelId, ChannelState> channels, LedgerLine line)
    {
        ChannelState before = channels.GetValueOrDefault(line.Channel, ChannelState.Empty);
        ChannelState after = line.State is { } state ? Ordered(state) : ChannelLedger.Apply(before, line.Input!).State;
        return channels.SetItem(line.Channel, after);
    }

    /// <summary>JSON knows no comparer; the ledger's dictionaries are ordinal.</summary>
    private static ChannelState Ordered(ChannelState state) => state with
    {
        Reservations = state.Reservations.WithComparers(StringComparer.Ordinal),
        Recent = state.Recent.WithComparers(StringComparer.Ordinal),
    };
}
