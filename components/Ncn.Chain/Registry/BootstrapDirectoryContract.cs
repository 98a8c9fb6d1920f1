using System.Numerics;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

/// <summary>Where an operator says it can be asked for the rest of the network.</summary>
/// <param name="Stake">What it has bonded as gateway and validator of the subnet; zero for one that counts no more.</param>
/// <param name="Url">Its own word, 1 to 256 bytes of any kind: whoever dials it checks it first.</param>
public sealed record BootstrapEntry(Address Operator, TokenAmount Stake, string Url);

/// <summary>The bootstrap directory of all subnets (contracts/src/registry/IBootstrapDirectory.sol).</summary>
public sealed class BootstrapDirectoryContract(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.BootstrapDirectory
        ?? throw new ArgumentException("The settings name no bootstrap directory: set Ncn:Chain:BootstrapDirectory.", nameof(chain));

    /// <summary>Entries that one call reads.</summary>
    internal int PageSize { get; init; } = 50;

    /// <summary>The sender, an active gateway or validator, makes or replaces its entry.</summary>
    public TransactionCall AnnounceCall(SubnetId subnet, Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Call(new AnnounceMessage { SubnetId = subnet.Value, Url = url.AbsoluteUri });
    }

    /// <summary>Takes an entry out: the sender's own, or that of one that is active no more.</summary>
    public TransactionCall RemoveCall(SubnetId subnet, Address owner) =>
        Call(new RemoveEntryMessage { SubnetId = subnet.Value, Operator = owner.ToString() });

    /// <summary>The entries whose operators have stake, most stake first; at most <paramref name="most"/> of the first <paramref name="scanned"/>.</summary>
    public async Task<IReadOnlyList<BootstrapEntry>> ReadAsync(SubnetId subnet, int most = 20, int scanned = 1000)
    {
        var count = await chain.QueryAsync<CountEntriesMessage, BigInteger>(_contract, new CountEntriesMessage { SubnetId = subnet.Value }).ConfigureAwait(false);
        var entries = new List<BootstrapEntry>();
        for (var start = 0; start < count && start < scanned; start += PageSize)
        {
            entries.AddRange(await ReadPageAsync(subnet, start).ConfigureAwait(false));
        }

        return [.. entries.Where(static entry => !entry.Stake.IsZero).OrderByDescending(static entry => entry.Stake).ThenBy(static entry => entry.Operator).Take(most)];
    }

    private async Task<IEnumerable<BootstrapEntry>> ReadPageAsync(SubnetId subnet, int start)
    {
        var message = new EntryPageMessage { SubnetId = subnet.Value, Start = start, Limit = PageSize };
        var page = await chain.QueryManyAsync<EntryPageMessage, EntryPageOutput>(_contract, message).ConfigureAwait(false);
        return page.Entries.Select(static entry => new BootstrapEntry(Address.Parse(entry.Operator), new TokenAmount((UInt128)entry.Stake), entry.Url));
    }

    private TransactionCall Call<TMessage>(TMessage message)
        where TMessage : FunctionMessage, new() => ChainConnection.CallOf(_contract, message);
}
