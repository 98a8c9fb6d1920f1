namespace Ncn.Chain.Transactions;

/// <summary>Sends the transactions of one key. Safe for concurrent use; one process per key.</summary>
/// <remarks>
/// Sending: 1. the call is tried, so that a refusal costs no gas; 2. it is signed for the next nonce and journalled; 3. it leaves;
/// 4. it is looked for until it is mined, offered again when a node lost it, and signed again with higher fees when it waits too long.
/// A purpose that the journal knows begins at 4, also after a restart.
/// </remarks>
public sealed class TransactionSender : IDisposable
{
    private const int MostSignings = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly SenderNode _node;
    private readonly LedgerKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;

    internal TransactionSender(SenderNode node, ITransactionJournal journal, ChainSettings settings, TimeProvider time)
    {
        (_node, _time, _patience) = (node, time, TimeSpan.FromSeconds(settings.Limits.PatienceSeconds));
        _keeper = new LedgerKeeper(node, journal, settings, time);
    }

    /// <summary>Why a node last did not take one of the transactions, in words; null when none refused.</summary>
    public string? Trouble => _keeper.Trouble;

    public void Dispose() => _keeper.Dispose();

    /// <summary>Carries a purpose out once, however often it is asked for, and waits until it is mined or the patience of the settings ends.</summary>
    /// <exception cref="ArgumentException">The purpose was used for another call.</exception>
    /// <exception cref="ChainUnavailableException">Nobody answered, or the account lacks coin: nothing was signed, and the purpose is free.</exception>
    /// <exception cref="JournalInUseException">Another process sends with this key.</exception>
    public async Task<TransactionOutcome> SendAsync(PurposeId purpose, TransactionCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(call.Data.Length, TransactionCall.MaxDataBytes, nameof(call));
        var deadline = _time.GetUtcNow() + _patience;
        for (var signing = 1; ; signing++)
        {
            var entry = await FindEntryAsync(purpose, cancellationToken).ConfigureAwait(false);
            if (entry is null)
            {
                if (await SignAsync(purpose, call, cancellationToken).ConfigureAwait(false) is { } refused)
                {
                    return refused;
                }
            }
            else if (entry.CallDigest != call.Digest())
            {
                throw new ArgumentException($"The purpose {purpose} was used for another call than {call.What}: give each call its own.", nameof(purpose));
            }

            var outcome = await WaitAsync(purpose, call, deadline, cancellationToken).ConfigureAwait(false);
            if (outcome is not null || signing >= MostSignings)
            {
                return outcome ?? throw new ChainUnavailableException(
                    $"{call.What} lost its nonce {MostSignings} times to transactions from elsewhere: end the other process that sends with this key.");
            }
        }
    }

    /// <summary>Goes on waiting for a purpose of the journal, whose call need not be known any more.</summary>
    /// <returns>Null when it was never signed, or dropped: nothing of it can be mined, and it may be sent.</returns>
    public async Task<TransactionOutcome?> ResumeAsync(PurposeId purpose, CancellationToken cancellationToken = default) =>
        await FindEntryAsync(purpose, cancellationToken).ConfigureAwait(false) is null
            ? null
            : await WaitAsync(purpose, null, _time.GetUtcNow() + _patience, cancellationToken).ConfigureAwait(false);

    /// <summary>What the journal knows of a purpose, without asking the chain; null when it was never signed, or dropped.</summary>
    public async Task<TransactionStatus?> FindAsync(PurposeId purpose, CancellationToken cancellationToken = default) =>
        await FindEntryAsync(purpose, cancellationToken).ConfigureAwait(false) is { } entry ? StatusOf(entry) : null;

    /// <summary>Everything that is signed and not final, lowest nonce first.</summary>
    public async Task<IReadOnlyList<TransactionStatus>> ListUnfinishedAsync(CancellationToken cancellationToken = default)
    {
        var state = await _keeper.ReadAsync(cancellationToken).ConfigureAwait(false);
        return [.. state.Live.Values.Select(purpose => StatusOf(state.Entries[purpose]))];
    }

    /// <summary>Looks at the chain once and does what is due: offers again, bids more, fills gaps, notes what is mined, final or gone.</summary>
    /// <remarks>Who waits does this by itself. Call it at the start and now and then where transactions may outlive their caller.</remarks>
    public Task AdvanceAsync(CancellationToken cancellationToken = default) => _keeper.LookAsync(cancellationToken);

    private async Task<LedgerEntry?> FindEntryAsync(PurposeId purpose, CancellationToken cancellationToken) =>
        (await _keeper.ReadAsync(cancellationToken).ConfigureAwait(false)).Entries.GetValueOrDefault(purpose);

    private async Task<TransactionOutcome?> SignAsync(PurposeId purpose, TransactionCall call, CancellationToken cancellationToken)
    {
        try
        {
            var gas = await _node.EstimateAsync(call, cancellationToken).ConfigureAwait(false);
            var fees = await _node.SuggestFeesAsync(cancellationToken).ConfigureAwait(false);
            await _node.CheckBalanceAsync(call, gas, fees, cancellationToken).ConfigureAwait(false);
            await _keeper.SendAsync(purpose, call, gas, fees, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (ContractRevertedException refused)
        {
            // Whoever asked for the same purpose at the same moment may have carried it out: then that is why it is refused now.
            return await FindEntryAsync(purpose, cancellationToken).ConfigureAwait(false) is null
                ? new TransactionOutcome.Reverted(refused.Error, refused.Reason, null)
                : null;
        }
    }

    // Null: the purpose was dropped.
    private async Task<TransactionOutcome?> WaitAsync(PurposeId purpose, TransactionCall? call, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var (entry, outcome) = await CheckAsync(purpose, call, cancellationToken).ConfigureAwait(false);
            if (entry is null || outcome is not null)
            {
                return outcome;
            }

            if (_time.GetUtcNow() >= deadline)
            {
                return new TransactionOutcome.Pending(entry.Hash);
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    // A chain that does not answer leaves the outcome open; waiting goes on.
    private async Task<(LedgerEntry? Entry, TransactionOutcome? Outcome)> CheckAsync(PurposeId purpose, TransactionCall? call, CancellationToken cancellationToken)
    {
        var entry = await FindEntryAsync(purpose, cancellationToken).ConfigureAwait(false);
        try
        {
            if (entry is { Stage: not TransactionStage.Final })
            {
                entry = (await _keeper.LookAsync(cancellationToken).ConfigureAwait(false)).Entries.GetValueOrDefault(purpose);
            }

            return (entry, entry is null ? null : await ReadOutcomeAsync(entry, entry.Call ?? call, cancellationToken).ConfigureAwait(false));
        }
        catch (ChainUnavailableException silent)
        {
            _keeper.Trouble = silent.Message;
            return (entry, null);
        }
    }

    private async Task<TransactionOutcome?> ReadOutcomeAsync(LedgerEntry entry, TransactionCall? call, CancellationToken cancellationToken)
    {
        if (entry.Inclusion is null || await _node.ReadReceiptAsync(entry.Hash, cancellationToken).ConfigureAwait(false) is not var (receipt, succeeded))
        {
            return null;
        }

        if (succeeded)
        {
            return new TransactionOutcome.Mined(receipt);
        }

        var (error, reason) = await ExplainAsync(call, cancellationToken).ConfigureAwait(false);
        return new TransactionOutcome.Reverted(error, reason, entry.Hash);
    }

    // Trying the same call once more usually shows why it failed: the reason is not part of a receipt. The journal keeps no call that is final.
    private async Task<(string Error, string Reason)> ExplainAsync(TransactionCall? call, CancellationToken cancellationToken)
    {
        if (call is null)
        {
            return ("", "the chain does not say why, and the call is not kept: read the state and repeat if it is still wanted");
        }

        try
        {
            await _node.EstimateAsync(call, cancellationToken).ConfigureAwait(false);
            return ("", "it would pass now: read the state and repeat if it is still wanted");
        }
        catch (ContractRevertedException refused)
        {
            return (refused.Error, refused.Reason);
        }
    }

    private static TransactionStatus StatusOf(LedgerEntry entry) => new(entry.Purpose, entry.Stage, entry.Nonce, entry.Hash, entry.Inclusion);
}
