using System.Collections.Immutable;

namespace Ncn.Chain.Transactions;

/// <summary>What each record does to the ledger's state, and which records can be forgotten. Pure.</summary>
public static class LedgerRecords
{
    /// <summary>Most finished purposes that a compacted journal remembers, the newest ones.</summary>
    public const int MaxFinished = 100_000;

    /// <summary>Records that add up to the same state, less what was dropped and what finished long ago.</summary>
    public static ImmutableArray<TransactionRecord> Compact(IEnumerable<TransactionRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        var kept = new Dictionary<PurposeId, List<TransactionRecord>>();
        var order = new List<PurposeId>();
        foreach (var record in records)
        {
            if (!kept.TryGetValue(record.Purpose, out var own))
            {
                kept[record.Purpose] = own = [];
                order.Add(record.Purpose);
            }

            if (record is TransactionRecord.Dropped or TransactionRecord.Final)
            {
                own.Clear();
            }

            if (record is not TransactionRecord.Dropped)
            {
                own.Add(record);
            }
        }

        var finished = order.Count(purpose => kept[purpose] is [TransactionRecord.Final]);
        return [.. order.Where(purpose => kept[purpose] is not [TransactionRecord.Final] || finished-- <= MaxFinished).SelectMany(purpose => kept[purpose])];
    }

    internal static LedgerState Fold(LedgerState state, TransactionRecord record) => record switch
    {
        TransactionRecord.Signed signed => Begin(state, signed),
        TransactionRecord.Final final => Finish(state, final),
        TransactionRecord.Dropped dropped => Drop(state, dropped),
        _ when state.Entries.TryGetValue(record.Purpose, out var entry) =>
            state with { Entries = state.Entries.SetItem(record.Purpose, Change(entry, record)) },
        _ => throw new InvalidDataException($"The journal says \"{record.GetType().Name}\" of the purpose {record.Purpose}, which it never signed."),
    };

    private static LedgerState Begin(LedgerState state, TransactionRecord.Signed signed)
    {
        var nonce = signed.Transaction.Nonce;
        if (state.Entries.ContainsKey(signed.Purpose) || state.Live.ContainsKey(nonce))
        {
            throw new InvalidDataException($"The purpose {signed.Purpose} or the nonce {nonce} was signed twice.");
        }

        var entry = new LedgerEntry(
            signed.Purpose, signed.Call.Digest(), signed.Call, signed.Gas, nonce, [signed.Transaction], TransactionStage.Signed);
        return new LedgerState(state.Entries.Add(signed.Purpose, entry), state.Live.Add(nonce, signed.Purpose));
    }

    private static LedgerEntry Change(LedgerEntry entry, TransactionRecord record) => record switch
    {
        TransactionRecord.Bumped bumped when bumped.Transaction.Nonce == entry.Nonce => entry with
        {
            Attempts = entry.Attempts.Add(bumped.Transaction), Stage = TransactionStage.Signed, BidAt = 0, OfferedAt = 0,
        },
        TransactionRecord.Sent sent => entry with { Stage = TransactionStage.Sent, BidAt = sent.At },
        TransactionRecord.Mined mined => entry with { Stage = TransactionStage.Mined, Inclusion = mined.Inclusion, Replaced = null },
        TransactionRecord.Returned => entry with { Stage = TransactionStage.Sent, Inclusion = null, Replaced = null, OfferedAt = 0 },
        TransactionRecord.Replaced replaced => entry with { Stage = TransactionStage.Replaced, Inclusion = null, Replaced = replaced },
        _ => throw new InvalidDataException($"The journal says \"{record}\", which does not fit the nonce {entry.Nonce}."),
    };

    private static LedgerState Finish(LedgerState state, TransactionRecord.Final final)
    {
        var entry = new LedgerEntry(
            final.Purpose, final.CallDigest, null, 0, final.Nonce, [], TransactionStage.Final, final.Inclusion);
        var isLive = state.Live.TryGetValue(final.Nonce, out var live) && live == final.Purpose;
        return new LedgerState(state.Entries.SetItem(final.Purpose, entry), isLive ? state.Live.Remove(final.Nonce) : state.Live);
    }

    private static LedgerState Drop(LedgerState state, TransactionRecord.Dropped dropped) =>
        state.Entries.TryGetValue(dropped.Purpose, out var entry)
            ? new LedgerState(state.Entries.Remove(dropped.Purpose), state.Live.Remove(entry.Nonce))
            : state;
}
