using System.Collections.Immutable;
using Ncn.Chain;
using Ncn.Chain.Events;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Verification;

namespace Ncn.Validator.OnChain;

/// <summary>What came into the subnet's reward pool, in the chain's order: fees, payments and penalties, of the subnet's stake token. Safe for concurrent use.</summary>
internal sealed class FundEntries(SubnetId subnet, ChainSettings settings)
{
    private volatile ImmutableList<(ulong Block, FundEntry Entry)> _entries = [];

    internal int Count => _entries.Count;

    internal void Add(IEnumerable<ChainEvent> events, Address token)
    {
        foreach (var seen in events)
        {
            if (EntryOf(seen, token) is { } entry)
            {
                _entries = _entries.Add((seen.Log.BlockNumber, entry));
            }
        }
    }

    internal void Undo(ulong from) => _entries = _entries.RemoveAll(entry => entry.Block >= from);

    internal IEnumerable<FundEntry> Between(ulong since, ulong upTo) => _entries.Where(entry => entry.Block > since && entry.Block <= upTo).Select(static entry => entry.Entry);

    /// <summary>The next observation: whole blocks, as many as fit.</summary>
    internal Operation.ObserveFunds? Next(ulong since)
    {
        var waiting = _entries.Where(entry => entry.Block > since).ToArray();
        if (waiting.Length == 0)
        {
            return null;
        }

        var upTo = waiting.Length <= Operation.ObserveFunds.MostEntries ? waiting[^1].Block : waiting[Operation.ObserveFunds.MostEntries].Block - 1;
        return new Operation.ObserveFunds(upTo, [.. Between(since, upTo)]);
    }

    private FundEntry? EntryOf(ChainEvent seen, Address token) => seen switch
    {
        PaymentEvent.ProtocolFeePaid fee when fee.Subnet == subnet && fee.Token == token => new FundEntry((byte)FundKind.Fee, WordOf(fee.Receiver), fee.Fee),
        RegistryEvent.RewardsFunded funded when funded.Subnet == subnet && funded.Token == token && funded.Sender != settings.InferencePayment => new FundEntry((byte)FundKind.Bond, WordOf(funded.Sender), funded.Amount),
        RegistryEvent.PenaltyExecuted penalty when penalty.Subnet == subnet => new FundEntry((byte)FundKind.Penalty, penalty.Penalty, penalty.Amount),
        _ => default(FundEntry?),
    };

    private static Hash32 WordOf(Address address)
    {
        Span<byte> word = stackalloc byte[Hash32.Size];
        word.Clear();
        address.CopyTo(word[(Hash32.Size - Address.Size)..]);
        return new Hash32(word);
    }
}
