using Ncn.Chain.Payment;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Payments;

/// <summary>The chain, as far as being paid needs it. Its second implementation is the tests'.</summary>
/// <remarks>Every call throws <see cref="Ncn.Chain.ChainException"/> when the chain refuses or does not answer.</remarks>
public interface IEscrow
{
    /// <summary>What a channel holds; at least <paramref name="wanted"/> when the chain says so now.</summary>
    Task<ChannelFunds> ReadFundsAsync(ChannelId channel, TokenAmount wanted);

    /// <summary>Claims vouchers in one transaction; a bad one does not hold up the others.</summary>
    Task<ClaimOutcome> ClaimAsync(IReadOnlyList<VoucherClaim> claims, CancellationToken cancellationToken);

    /// <summary>Moves what was claimed to the node.</summary>
    Task<SettleOutcome> SettleAsync(CancellationToken cancellationToken);

    /// <summary>Throws when the chain does not answer, or is another one than the settings say.</summary>
    Task CheckAsync();
}
