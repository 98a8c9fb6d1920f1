using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain.Tests.Transactions;

/// <summary>A ledger over a chain of one account that mines, forgets, reorganizes and takes nonces from elsewhere, all from one seed.</summary>
internal sealed class LedgerLife(Random random)
{
    private readonly List<Hash32?> _chain = [];
    private readonly HashSet<Hash32> _pool = [];
    private readonly Dictionary<Hash32, (PurposeId Purpose, ulong Nonce)> _known = [];
    private readonly HashSet<PurposeId> _wanted = [];
    private int _attempts;
    private ulong _head = 10;
    private long _now = 1;

    internal LedgerState State { get; private set; } = LedgerState.Empty;

    internal List<TransactionRecord> Records { get; } = [];

    /// <summary>No purpose is on the chain twice.</summary>
    internal bool HasPaidNothingTwice { get; private set; } = true;

    internal void Run(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            _now += random.Next(1, 12);
            Step();
            var paid = _chain.OfType<Hash32>().Where(_known.ContainsKey).Select(hash => _known[hash].Purpose).ToArray();
            HasPaidNothingTwice &= paid.Distinct().Count() == paid.Length;
        }
    }

    // Times of offers are not recorded.
    internal static string Describe(LedgerState state) => string.Join('\n', state.Entries.Values.OrderBy(entry => entry.Purpose.ToString(), StringComparer.Ordinal)
        .Select(entry => $"{entry.Purpose} {entry.Stage} {entry.Nonce} {entry.Inclusion} {entry.Attempts.Length} {entry.BidAt} {state.Live.ContainsKey(entry.Nonce)}"));

    private void Step()
    {
        switch (random.Next(8))
        {
            case 0:
                Send(new PurposeId($"p{random.Next(12)}"));
                break;
            case 1 or 2:
                Mine();
                break;
            case 3:
                // Less deep than final: what is deeper is never looked at again.
                _chain.RemoveRange(Math.Max(0, _chain.Count - 1), Math.Min(1, _chain.Count));
                break;
            case 4:
                _pool.Clear();
                break;
            default:
                Look();
                break;
        }
    }

    private void Send(PurposeId purpose)
    {
        if (_wanted.Add(purpose) || !State.Entries.ContainsKey(purpose))
        {
            Apply(new LedgerInput.Sign(purpose, Ledgers.Call(purpose.ToString()), 1, Next(purpose, State.NextNonce((ulong)_chain.Count))));
        }
    }

    private void Mine()
    {
        _head += 2;
        var nonce = (ulong)_chain.Count;
        var fit = _pool.Where(hash => _known[hash].Nonce == nonce).ToArray();
        if (random.Next(6) == 0)
        {
            _chain.Add(null);
            // A foreign transaction stays: it is buried before anybody looks.
            _head += 1;
        }
        else if (fit.Length > 0)
        {
            _chain.Add(fit[random.Next(fit.Length)]);
        }
    }

    private void Look()
    {
        var inclusions = _chain.Select((hash, nonce) => (hash, nonce)).Where(mined => mined.hash is not null)
            .Select(mined => new Inclusion(mined.hash!.Value, _head - (ulong)(_chain.Count - mined.nonce), default, true));
        Apply(new LedgerInput.Look(new ChainSight(_head, (ulong)_chain.Count, (ulong)_chain.Count, [.. inclusions]), _now, Ledgers.Policy with { Confirmations = 3 }));
    }

    private SignedTransaction Next(PurposeId purpose, ulong nonce)
    {
        var transaction = Ledgers.Transaction(nonce, ++_attempts % 250);
        transaction = transaction with { Hash = new Hash32([.. new byte[24], .. BitConverter.GetBytes((ulong)_attempts)]) };
        _known[transaction.Hash] = (purpose, nonce);
        return transaction;
    }

    private void Apply(LedgerInput input)
    {
        (State, var outputs) = TransactionLedger.Apply(State, input);
        foreach (var output in outputs)
        {
            switch (output)
            {
                case LedgerOutput.Record record:
                    Records.Add(record.Entry);
                    break;
                case LedgerOutput.Broadcast broadcast:
                    Offer(broadcast);
                    break;
                case LedgerOutput.Rebid rebid:
                    Apply(new LedgerInput.Bump(rebid.Purpose, Next(rebid.Purpose, State.Entries[rebid.Purpose].Nonce)));
                    break;
                case LedgerOutput.FillGap gap:
                    var filler = new PurposeId($"gap-{gap.Nonce}-{_attempts}");
                    Apply(new LedgerInput.Sign(filler, Ledgers.Call(filler.ToString()), 1, Next(filler, gap.Nonce)));
                    break;
            }
        }
    }

    private void Offer(LedgerOutput.Broadcast broadcast)
    {
        if (random.Next(4) == 0)
        {
            Apply(new LedgerInput.Refused(broadcast.Purpose, _now));
            return;
        }

        _pool.Add(broadcast.Transaction.Hash);
        Apply(new LedgerInput.Accepted(broadcast.Purpose, _now));
    }
}
