using System.Collections.Concurrent;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Payments;

/// <summary>The real chain. Funds are remembered for a while: they sink only by a withdrawal, which takes an hour.</summary>
internal sealed class ChainEscrow(ChainConnection chain, Address node, TimeProvider time) : IEscrow
{
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly InferencePaymentContract _contract = new(chain);
    private readonly ConcurrentDictionary<ChannelId, (ChannelFunds Funds, DateTimeOffset ReadAt)> _known = [];

    public async Task<ChannelFunds> ReadFundsAsync(ChannelId channel, TokenAmount wanted)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_known.TryGetValue(channel, out var known) && now - known.ReadAt < Memory && known.Funds.Spendable >= wanted)
        {
            return known.Funds;
        }

        ChannelView view = await _contract.ReadChannelAsync(channel);
        var funds = new ChannelFunds(view.Balance, view.Withdrawing);
        _known[channel] = (funds, now);
        return funds;
    }

    public Task<ClaimOutcome> ClaimAsync(IReadOnlyList<VoucherClaim> claims, CancellationToken cancellationToken) =>
        _contract.ClaimAsync(claims, cancellationToken);

    public Task<SettleOutcome> SettleAsync(CancellationToken cancellationToken) =>
        _contract.SettleAsync(node, chain.Settings.Token, cancellationToken);

    public async Task CheckAsync()
    {
        ulong actual = await chain.ReadChainIdAsync();
        if (actual != chain.Settings.ChainId)
        {
            throw new InvalidOperationException($"The chain at {chain.Settings.Rpc} has the id {actual}, and Ncn:Chain:ChainId says {chain.Settings.ChainId}.");
        }
    }
}
