using System.Collections.Immutable;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Payments;

/// <summary>One channel in the node's books.</summary>
/// <param name="State">The ledger.</param>
/// <param name="LastReceipt">Receipt of the last charge; null before the first.</param>
public sealed record VoucherAccount(ChannelState State, Signed<Receipt>? LastReceipt)
{
    /// <summary>A channel that was never used.</summary>
    public static VoucherAccount Empty { get; } = new(ChannelState.Empty, null);
}

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
    private ImmutableDictionary<ChannelId, VoucherAccount> _channels;
    private Exception? _broken;

    private VoucherLedger(LedgerLog log, ImmutableDictionary<ChannelId, VoucherAccount> channels) => (_log, _channels) = (log, channels);

    /// <summary>All channels as they are now.</summary>
    public IReadOnlyDictionary<ChannelId, VoucherAccount> Channels => _channels;

    /// <summary>Opens the ledger's file, or makes it.</summary>
    /// <exception cref="InvalidDataException">The file is damaged before its end.</exception>
    public static VoucherLedger Open(string path)
    {
        (LedgerLog log, IReadOnlyList<LedgerLine> lines) = LedgerLog.Open(path);
        ImmutableDictionary<ChannelId, VoucherAccount> channels = lines.Aggregate(ImmutableDictionary<ChannelId, VoucherAccount>.Empty, Replay);
        if (lines.Count > CompactAfterLines)
        {
            log.Dispose();
            LedgerLog.Replace(path, channels.Select(channel => new LedgerLine(channel.Key, null, channel.Value.State, channel.Value.LastReceipt)));
            (log, _) = LedgerLog.Open(path);
        }

        return new VoucherLedger(log, channels);
    }

    /// <summary>
    /// Releases what an earlier process held for its jobs: none of them runs any more, and the gateway has given them to others. Called once,
    /// before the first job.
    /// </summary>
    public void ReleaseLostJobs()
    {
        var lost = from channel in _channels
                   from reservation in channel.Value.State.Reservations
                   select new LedgerLine(channel.Key, new ChannelInput.Release(reservation.Value.ExpiresAt, reservation.Key), null, null);
        foreach (LedgerLine line in lost.ToArray())
        {
            Persist(line);
            _channels = Replay(_channels, line);
        }
    }

    /// <summary>One step on a channel; durable when it returns.</summary>
    /// <exception cref="IOException">The disk refused; nothing more is accepted until a restart has read what it holds.</exception>
    public async Task<ChannelResult> ApplyAsync(ChannelId channel, ChannelInput input, CancellationToken cancellationToken = default) =>
        (await StepAsync(channel, input, static _ => null, cancellationToken).ConfigureAwait(false)).Result;

    /// <summary>Charges a job and keeps its receipt with the charge, so that the running total can be proven after a crash too.</summary>
    /// <param name="sign">Signs the receipt for the running total after this charge.</param>
    /// <returns>The result, and the receipt; null when the charge was refused.</returns>
    public async Task<(ChannelResult Result, Signed<Receipt>? Receipt)> ChargeAsync(
        ChannelId channel, ChannelInput.Charge charge, Func<TokenAmount, Signed<Receipt>> sign) =>
        await StepAsync(
            channel, charge, result => result.Outcome == ChannelOutcome.Accepted ? sign(result.Charged) : null, CancellationToken.None).ConfigureAwait(false);

    private async Task<(ChannelResult Result, Signed<Receipt>? Receipt)> StepAsync(
        ChannelId channel, ChannelInput input, Func<ChannelResult, Signed<Receipt>?> sign, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_broken is not null)
            {
                throw new IOException("The voucher ledger could not be written; restart the worker when the disk is well.", _broken);
            }

            VoucherAccount before = _channels.GetValueOrDefault(channel, VoucherAccount.Empty);
            (ChannelState after, ChannelResult result) = ChannelLedger.Apply(before.State, input);
            Signed<Receipt>? receipt = sign(result);
            if (!ReferenceEquals(before.State, after))
            {
                Persist(new LedgerLine(channel, input, null, receipt));
                _channels = _channels.SetItem(channel, new VoucherAccount(after, receipt ?? before.LastReceipt));
            }

            return (result, receipt);
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

    private static ImmutableDictionary<ChannelId, VoucherAccount> Replay(ImmutableDictionary<ChannelId, VoucherAccount> channels, LedgerLine line)
    {
        VoucherAccount before = channels.GetValueOrDefault(line.Channel, VoucherAccount.Empty);
        ChannelState after = line.State is { } state ? Ordered(state) : ChannelLedger.Apply(before.State, line.Input!).State;
        return channels.SetItem(line.Channel, new VoucherAccount(after, line.Receipt ?? before.LastReceipt));
    }

    /// <summary>JSON knows no comparer; the ledger's reservations are in ordinal order.</summary>
    private static ChannelState Ordered(ChannelState state) => state with
    {
        Reservations = state.Reservations.WithComparers(StringComparer.Ordinal),
    };
}
