using System.Collections.Immutable;

namespace Ncn.Chain.Transactions;

/// <summary>What becomes of the transactions of one key: signed, sent, mined, final; or replaced and dropped. Pure.</summary>
/// <remarks>
/// 1. A transaction is a record before it leaves. 2. One purpose has one nonce, and any of the transactions signed for it may be the
/// one that is mined. 3. What is not mined is offered again, and bids more after a while, the lowest nonce first since the others wait
/// for it. 4. What was mined and vanished is offered again. 5. A nonce that a foreign transaction took drops its purpose, once that
/// is as deep as a final one must be, and not before <see cref="LedgerPolicy.ResendAfter"/>: a node may know a nonce before the receipt.
/// </remarks>
public static class TransactionLedger
{
    /// <summary>Most transactions signed for one purpose; afterwards the last one is offered again and again.</summary>
    public const int MaxAttempts = 32;

    private const int MaxGapsAtOnce = 16;

    /// <summary>The state after an input, and what is to be done about it.</summary>
    public static (LedgerState State, ImmutableArray<LedgerOutput> Outputs) Apply(LedgerState state, LedgerInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        return input switch
        {
            LedgerInput.Sign sign => Offer(state, new TransactionRecord.Signed(sign.Purpose, sign.Call, sign.Gas, sign.Transaction), sign.Transaction),
            LedgerInput.Bump bump => Offer(state, new TransactionRecord.Bumped(bump.Purpose, bump.Transaction), bump.Transaction),
            LedgerInput.Accepted accepted => Accept(state, accepted),
            LedgerInput.Refused refused => (Offered(state, refused.Purpose, refused.At), []),
            LedgerInput.Outbid outbid => (Offered(state, outbid.Purpose, outbid.At), Rebid(state.Entries[outbid.Purpose], outbid.Policy)),
            LedgerInput.Look look => Look(state, look),
            _ => throw new ArgumentException($"{input} is no input of the ledger.", nameof(input)),
        };
    }

    /// <summary>The state that the records of a journal add up to.</summary>
    public static LedgerState Restore(IEnumerable<TransactionRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records.Aggregate(LedgerState.Empty, LedgerRecords.Fold);
    }

    private static (LedgerState, ImmutableArray<LedgerOutput>) Offer(LedgerState state, TransactionRecord record, SignedTransaction transaction) =>
        (LedgerRecords.Fold(state, record), [new LedgerOutput.Record(record), new LedgerOutput.Broadcast(record.Purpose, transaction)]);

    private static (LedgerState, ImmutableArray<LedgerOutput>) Accept(LedgerState state, LedgerInput.Accepted accepted)
    {
        var offered = Offered(state, accepted.Purpose, accepted.At);
        if (state.Entries[accepted.Purpose].Stage != TransactionStage.Signed)
        {
            return (offered, []);
        }

        var record = new TransactionRecord.Sent(accepted.Purpose, accepted.At);
        return (LedgerRecords.Fold(offered, record), [new LedgerOutput.Record(record)]);
    }

    private static LedgerState Offered(LedgerState state, PurposeId purpose, long at) =>
        state with { Entries = state.Entries.SetItem(purpose, state.Entries[purpose] with { OfferedAt = at }) };

    private static (LedgerState, ImmutableArray<LedgerOutput>) Look(LedgerState state, LedgerInput.Look look)
    {
        var records = ImmutableArray.CreateBuilder<LedgerOutput>();
        var actions = ImmutableArray.CreateBuilder<LedgerOutput>();
        foreach (var purpose in state.Live.Values)
        {
            var seen = See(state.Entries[purpose], look);
            records.AddRange(seen.Select(record => new LedgerOutput.Record(record)));
            state = seen.Aggregate(state, LedgerRecords.Fold);
        }

        foreach (var (nonce, purpose) in state.Live.Where(live => live.Key >= look.Sight.MinedCount))
        {
            actions.AddRange(Push(state.Entries[purpose], isFirst: nonce == look.Sight.MinedCount, look));
        }

        actions.AddRange(Gaps(state, look.Sight));
        return (state, [.. records, .. actions]);
    }

    // What a look says about one purpose.
    private static IEnumerable<TransactionRecord> See(LedgerEntry entry, LedgerInput.Look look)
    {
        var (sight, confirmations) = (look.Sight, look.Policy.Confirmations);
        var inclusion = sight.Inclusions.FirstOrDefault(found => entry.Attempts.Any(attempt => attempt.Hash == found.Transaction));
        if (inclusion is not null)
        {
            return [
                .. entry.Inclusion == inclusion ? (TransactionRecord[])[] : [new TransactionRecord.Mined(entry.Purpose, inclusion)],
                .. Math.Max(sight.Head, inclusion.BlockNumber) < inclusion.BlockNumber + confirmations
                    ? (TransactionRecord[])[]
                    : [new TransactionRecord.Final(entry.Purpose, entry.CallDigest, entry.Nonce, inclusion)],
            ];
        }

        if (entry.Nonce >= sight.MinedCount)
        {
            return entry.Stage is TransactionStage.Mined or TransactionStage.Replaced ? [new TransactionRecord.Returned(entry.Purpose)] : [];
        }

        return entry.Replaced is not { } replaced ? [new TransactionRecord.Replaced(entry.Purpose, sight.Head, look.At)]
            : sight.Head >= replaced.Head + confirmations && look.At - replaced.At >= look.Policy.ResendAfter ? [new TransactionRecord.Dropped(entry.Purpose)]
            : [];
    }

    // What is done about one purpose that is not mined.
    private static ImmutableArray<LedgerOutput> Push(LedgerEntry entry, bool isFirst, LedgerInput.Look look)
    {
        if (isFirst && entry.BidAt > 0 && look.At - entry.BidAt >= look.Policy.BumpAfter && Rebid(entry, look.Policy) is { Length: > 0 } rebid)
        {
            return rebid;
        }

        return entry.OfferedAt == 0 || look.At - entry.OfferedAt >= look.Policy.ResendAfter
            ? [new LedgerOutput.Broadcast(entry.Purpose, entry.Attempts[^1])]
            : [];
    }

    private static ImmutableArray<LedgerOutput> Rebid(LedgerEntry entry, LedgerPolicy policy)
    {
        if (entry.Attempts.Length is 0 or >= MaxAttempts)
        {
            return [];
        }

        var least = FeeSteps.Above(entry.Attempts[^1].Fees);
        return least.MaxFeePerGas > policy.MaxFeePerGas ? [] : [new LedgerOutput.Rebid(entry.Purpose, least)];
    }

    private static IEnumerable<LedgerOutput> Gaps(LedgerState state, ChainSight sight)
    {
        if (state.Live.IsEmpty)
        {
            yield break;
        }

        var (last, found) = (state.Live.Keys.Max(), 0);
        for (var nonce = sight.PendingCount; nonce < last && found < MaxGapsAtOnce; nonce++)
        {
            if (!state.Live.ContainsKey(nonce))
            {
                found++;
                yield return new LedgerOutput.FillGap(nonce);
            }
        }
    }
}
