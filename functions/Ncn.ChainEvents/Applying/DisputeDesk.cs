using Microsoft.Extensions.Logging;
using Ncn.Chain.Transactions;
using Ncn.ChainEvents.Hosting;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Applying;

/// <summary>Answers disputes against this operator's gateways with the best voucher of the channel.</summary>
/// <remarks>A gateway takes only vouchers above what it stated, so the best one answers every honest claim. The contract checks it.</remarks>
public sealed class DisputeDesk(OperatorAccount account, ChannelActors actors, ILogger<DisputeDesk> logger)
{
    /// <param name="happened">The event's id: the same statement can be disputed again, and each time wants its own answer.</param>
    internal async Task AnswerAsync(string happened, Hash32 dispute, ChannelId channel, CancellationToken cancellationToken)
    {
        var ledger = await actors.Channel(channel).GetAsync();
        if (ledger.VoucherSignature is not { } signature)
        {
            logger.LogCritical("Dispute {Dispute} over channel {Channel} cannot be answered: there is no voucher of its payer", dispute, channel);
            return;
        }

        var purpose = new PurposeId($"answer-{happened}");
        var call = account.Disputes.AnswerCall(dispute, ledger.VoucherMax, signature);
        switch (await account.Transactions.ResumeAsync(purpose, cancellationToken) ?? await account.Transactions.SendAsync(purpose, call, cancellationToken))
        {
            case TransactionOutcome.Mined mined:
                logger.LogWarning("Dispute {Dispute} over channel {Channel} is answered in {Transaction}", dispute, channel, mined.Receipt.Transaction);
                break;
            case TransactionOutcome.Reverted refused:
                logger.LogCritical(
                    "Dispute {Dispute} over channel {Channel} was not answered by the voucher over {Max}: {Reason}. Unless it was answered already, stake is at risk",
                    dispute, channel, ledger.VoucherMax, refused.Reason);
                break;
            case TransactionOutcome.Pending pending:
                throw new InvalidOperationException($"The answer to dispute {dispute} is signed as {pending.Hash} and not in a block yet; this notice is delivered again.");
        }
    }
}
