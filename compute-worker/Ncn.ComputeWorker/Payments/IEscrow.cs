using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Payments;

/// <summary>A voucher to claim, and the running total to claim of it.</summary>
public sealed record VoucherClaim(ChannelId Channel, SignedVoucher Voucher, TokenAmount Total);

/// <summary>A claim transaction.</summary>
/// <param name="Transaction">Its hash.</param>
/// <param name="Channels">Channels that it claimed.</param>
/// <param name="Amount">What it added to the claimed totals, atomic units.</param>
public sealed record ClaimTransaction(Hash32 Transaction, IReadOnlyList<ChannelId> Channels, TokenAmount Amount);

/// <summary>The chain, as far as being paid needs it. Its second implementation is the tests'.</summary>
public interface IEscrow
{
    /// <summary>What a channel holds.</summary>
    /// <exception cref="Ncn.Chain.ChainException">The chain could not be read.</exception>
    Task<ChannelFunds> ReadFundsAsync(ChannelConfig config, CancellationToken cancellationToken);

    /// <summary>Claims vouchers in one transaction; a bad one does not hold up the others.</summary>
    Task<ClaimTransaction> ClaimAsync(IReadOnlyList<VoucherClaim> claims, CancellationToken cancellationToken);

    /// <summary>Moves what was claimed to the node; returns the amount.</summary>
    Task<TokenAmount> SettleAsync(CancellationToken cancellationToken);

    /// <summary>Throws when the chain does not answer or is another one.</summary>
    Task CheckAsync(CancellationToken cancellationToken);
}
