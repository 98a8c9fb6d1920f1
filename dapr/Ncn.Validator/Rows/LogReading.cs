using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.Rows;

/// <summary>Puts together what a log says, record by record.</summary>
internal sealed class LogReading(Hash32 network)
{
    private readonly Dictionary<ulong, ValidatorSet> _sets = [];
    private readonly List<DurableRow> _rows = [];
    private readonly SortedDictionary<ulong, VerifiedEpochProof> _proofs = [];
    private EpochSettings? _epoch;
    private Ancestor? _at;
    private LedgerState _ledger = LedgerState.Empty;
    private Address _key;
    private ulong _incarnation;
    private byte[] _kept = [];

    /// <exception cref="FormatException">A record is not what this program writes.</exception>
    internal void Take(ReadOnlySpan<byte> frame)
    {
        var reader = new LogReader(frame);
        while (!reader.IsAtEnd)
        {
            var tag = reader.Byte();
            Take(tag, new LogReader(reader.Bytes()));
        }
    }

    /// <exception cref="FormatException">It is not whole, or not of this network.</exception>
    internal LogContent Content()
    {
        if (_epoch is null || _at is null || _epoch.Network != network)
        {
            throw new FormatException("it is not whole, or of another network");
        }

        var earlier = _proofs.Where(proof => proof.Key < _epoch.Number).ToImmutableSortedDictionary(static proof => proof.Key, proof => new EndedEpoch(_sets[proof.Key], proof.Value));
        return _ledger.StateRoot == _at.Roots.State ? new LogContent(_epoch, _at, _ledger, _incarnation, earlier, [.. _rows]) { Key = _key, Kept = () => _kept }
            : throw new FormatException($"its ledger is not that of height {_at.Height}");
    }

    private void Take(byte tag, LogReader reader)
    {
        switch (tag)
        {
            case LogRecords.Epoch:
                _epoch = LogRecords.ReadEpoch(ref reader);
                _sets[_epoch.Number] = _epoch.Set;
                break;
            case LogRecords.Set:
                _sets[reader.Number()] = LogRecords.ReadSet(ref reader);
                break;
            case LogRecords.Kept:
                _kept = reader.Rest.ToArray();
                break;
            case LogRecords.Place:
                _at = LogRecords.ReadPlace(ref reader);
                break;
            case LogRecords.Incarnation:
                TakeIncarnation(reader);
                break;
            case LogRecords.MainEntries:
                _ledger = _ledger with { Main = With(_ledger.Main, reader) };
                break;
            case LogRecords.ReceiptEntries:
                _ledger = _ledger with { Receipts = With(_ledger.Receipts, reader) };
                break;
            default:
                TakeRow(tag, reader);
                break;
        }
    }

    // A key that took another's place begins to count anew.
    private void TakeIncarnation(LogReader reader)
    {
        var number = reader.Number();
        var key = reader.IsAtEnd ? _key : reader.Address();
        (_key, _incarnation) = (key, key == _key || _key.IsZero ? Math.Max(_incarnation, number) : number);
    }

    private void TakeRow(byte tag, LogReader reader)
    {
        var bytes = tag == LogRecords.Row ? reader.Rest : throw new FormatException($"a record has the unknown tag {tag}");
        if (!RowForm.TryRead(bytes, network, _sets.GetValueOrDefault, out var row, out var reason))
        {
            throw new FormatException(reason);
        }

        if (row is DurableRow.OfEpoch of)
        {
            _proofs[of.Proof.Finalization.Epoch] = of.Proof;
        }
        else
        {
            _rows.Add(row);
        }
    }

    private static StateTrie With(StateTrie trie, LogReader reader)
    {
        while (!reader.IsAtEnd)
        {
            trie = trie.With(reader.Word(), new HexBytes(reader.Bytes()));
        }

        return trie;
    }
}
