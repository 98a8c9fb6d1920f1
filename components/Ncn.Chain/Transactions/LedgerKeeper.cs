using System.Globalization;

namespace Ncn.Chain.Transactions;

/// <summary>Holds the ledger of one key: one change at a time, each in the journal before anything leaves.</summary>
internal sealed class LedgerKeeper(SenderNode node, ITransactionJournal journal, ChainSettings settings, TimeProvider time) : IDisposable
{
    private const int MaxLive = 64;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly LedgerPolicy _policy = new(
        settings.Confirmations, settings.Limits.ResendAfterSeconds * 1000L, settings.Limits.BumpAfterSeconds * 1000L, settings.Limits.MaxFeePerGas);

    private LedgerState? _state;

    /// <summary>What the nodes last said against one of the transactions.</summary>
    internal string? Trouble { get; set; }

    public void Dispose() => _turn.Dispose();

    /// <summary>The state, read from the journal the first time.</summary>
    internal Task<LedgerState> ReadAsync(CancellationToken cancellationToken) => InTurnAsync(static () => Task.CompletedTask, cancellationToken);

    /// <summary>Looks at the chain and does what is due.</summary>
    internal Task<LedgerState> LookAsync(CancellationToken cancellationToken) => InTurnAsync(
        () => _state!.Live.IsEmpty ? Task.CompletedTask : LookInTurnAsync(cancellationToken), cancellationToken);

    /// <summary>Signs and sends a purpose, unless it is in the ledger.</summary>
    internal Task<LedgerState> SendAsync(PurposeId purpose, TransactionCall call, ulong gas, FeeBid fees, CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            if (_state!.Entries.ContainsKey(purpose))
            {
                return;
            }

            if (_state.Live.Count >= MaxLive)
            {
                throw new ChainUnavailableException($"{call.What} has to wait: {MaxLive} transactions of {node.Sender} are under way and not mined.");
            }

            var sight = await LookInTurnAsync(cancellationToken).ConfigureAwait(false);
            await SignAsync(purpose, call, gas, _state.NextNonce(sight.PendingCount), fees, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    private async Task<LedgerState> InTurnAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _state ??= TransactionLedger.Restore(await journal.OpenAsync(node.Sender, settings.ChainId, cancellationToken).ConfigureAwait(false));
            await work().ConfigureAwait(false);
            return _state;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<ChainSight> LookInTurnAsync(CancellationToken cancellationToken)
    {
        var sight = await node.LookAsync(_state!, cancellationToken).ConfigureAwait(false);
        await CarryOutAsync(new LedgerInput.Look(sight, Now(), _policy), cancellationToken).ConfigureAwait(false);
        return sight;
    }

    private async Task SignAsync(PurposeId purpose, TransactionCall call, ulong gas, ulong nonce, FeeBid fees, CancellationToken cancellationToken)
    {
        var transaction = await node.SignAsync(call, gas, nonce, fees).ConfigureAwait(false);
        await CarryOutAsync(new LedgerInput.Sign(purpose, call, gas, transaction), cancellationToken).ConfigureAwait(false);
    }

    private async Task CarryOutAsync(LedgerInput input, CancellationToken cancellationToken)
    {
        var (next, outputs) = TransactionLedger.Apply(_state!, input);
        foreach (var record in outputs.OfType<LedgerOutput.Record>())
        {
            await JournalAsync(record.Entry).ConfigureAwait(false);
        }

        _state = next;
        foreach (var output in outputs)
        {
            await (output switch
            {
                LedgerOutput.Broadcast broadcast => OfferAsync(broadcast, cancellationToken),
                LedgerOutput.Rebid rebid => RebidAsync(rebid, cancellationToken),
                LedgerOutput.FillGap gap => FillAsync(gap.Nonce, cancellationToken),
                _ => Task.CompletedTask,
            }).ConfigureAwait(false);
        }
    }

    // After a failed append nobody knows what is durable: the journal is read again before anything else.
    private async Task JournalAsync(TransactionRecord record)
    {
        try
        {
            await journal.AppendAsync(record, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            _state = null;
            throw;
        }
    }

    private async Task OfferAsync(LedgerOutput.Broadcast broadcast, CancellationToken cancellationToken)
    {
        var (answer, words) = await node.OfferAsync(broadcast.Transaction, cancellationToken).ConfigureAwait(false);
        Trouble = words ?? Trouble;
        await CarryOutAsync(answer switch
        {
            OfferAnswer.Taken => new LedgerInput.Accepted(broadcast.Purpose, Now()),
            OfferAnswer.Outbid => new LedgerInput.Outbid(broadcast.Purpose, Now(), _policy),
            _ => new LedgerInput.Refused(broadcast.Purpose, Now()),
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task RebidAsync(LedgerOutput.Rebid rebid, CancellationToken cancellationToken)
    {
        var entry = _state!.Entries[rebid.Purpose];
        var wanted = FeeSteps.Larger(rebid.AtLeast, await node.SuggestFeesAsync(cancellationToken).ConfigureAwait(false));
        var most = _policy.MaxFeePerGas;
        var bid = new FeeBid(UInt128.Min(most, wanted.MaxFeePerGas), UInt128.Min(most, wanted.MaxPriorityFeePerGas));
        var transaction = await node.SignAsync(entry.Call!, entry.Gas, entry.Nonce, bid).ConfigureAwait(false);
        await CarryOutAsync(new LedgerInput.Bump(rebid.Purpose, transaction), cancellationToken).ConfigureAwait(false);
    }

    // A transfer of nothing to oneself uses a nonce up.
    private async Task FillAsync(ulong nonce, CancellationToken cancellationToken)
    {
        var purpose = new PurposeId(string.Create(CultureInfo.InvariantCulture, $"gap-{nonce}-{Now()}"));
        var call = new TransactionCall(node.Sender, default, $"The transfer of nothing that uses up nonce {nonce}");
        var gas = await node.EstimateAsync(call, cancellationToken).ConfigureAwait(false);
        var fees = await node.SuggestFeesAsync(cancellationToken).ConfigureAwait(false);
        await SignAsync(purpose, call, gas, nonce, fees, cancellationToken).ConfigureAwait(false);
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
