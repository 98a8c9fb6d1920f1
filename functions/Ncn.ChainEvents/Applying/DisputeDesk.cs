using Microsoft.Extensions.Logging;
using Ncn.Chain.Transactions;
using Ncn.ChainEvents.Hosting;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Applying;

/// <summary>Answers disputes against this operator's gateways with the best voucher of the channel.</summary>
/// <remarks>
/// A gateway takes only vouchers above what it stated, so the best one answers every honest claim. One that the contract would refuse
/// is not sent: it would burn gas and change nothing.
/// </remarks>
public sealed class DisputeDesk(OperatorAccount account, ChannelActors actors, ILogger<DisputeDesk> logger)
{
    /// <param name="happened">The event's id: the same statement can be disputed again, and each time wants its own answer.</param>
    internal async Task AnswerAsync(string happened, Hash32 dispute, ChannelId channel, CancellationToken cancellationToken)
    {
        var purpose = new PurposeId($"answer-{happened}");
        var outcome = await account.Transactions.ResumeAsync(purpose, cancellationToken);
        if (outcome is null && await ComposeAsync(dispute, channel) is { } call)
        {
            outcome = await account.Transactions.SendAsync(purpose, call, cancellationToken);
        }

        Report(dispute, channel, outcome);
    }

    /// <summary>The answer; null when there is nothing to answer, or nothing to answer it with.</summary>
    private async Task<TransactionCall?> ComposeAsync(Hash32 dispute, ChannelId channel)
    {
        var open = await account.Disputes.ReadAsync(dispute);
        if (!open.IsOpen)
        {
            logger.LogInformation("Dispute {Dispute} over channel {Channel} is over", dispute, channel);
            return null;
        }

        var ledger = await actors.Channel(channel).GetAsync();
        if (ledger.VoucherSignature is { } signature && open.IsAnsweredBy(ledger.VoucherMax))
        {
            return account.Disputes.AnswerCall(dispute, ledger.VoucherMax, signature);
        }

        logger.LogCritical(
            "Dispute {Dispute} over channel {Channel} cannot be answered: {Claimed} was claimed, the statement covers vouchers up to {Stated}, and the best one is over {Max}. {Frozen} of the stake is lost in three days",
            dispute, channel, open.SettledClaim, open.MaxClaimableAmount, ledger.VoucherMax, open.Frozen);
        return null;
    }

    private void Report(Hash32 dispute, ChannelId channel, TransactionOutcome? outcome)
    {
        switch (outcome)
        {
            case TransactionOutcome.Mined mined:
                logger.LogWarning("Dispute {Dispute} over channel {Channel} is answered in {Transaction}", dispute, channel, mined.Receipt.Transaction);
                break;
            case TransactionOutcome.Reverted refused:
                logger.LogCritical(
                    "Dispute {Dispute} over channel {Channel} was not answered: {Reason}. Unless it was answered already, stake is at risk",
                    dispute, channel, refused.Reason);
                break;
            case TransactionOutcome.Pending pending:
                throw new InvalidOperationException($"The answer to dispute {dispute} is signed as {pending.Hash} and not in a block yet; this notice is delivered again.");
        }
    }
}
