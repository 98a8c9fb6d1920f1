using Microsoft.Extensions.Options;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Streaming;

namespace Ncn.Serving.Requests.Growth;

/// <summary>Gets a running request more of its payer's money: from the voucher at hand if it covers it, else from the next one that is sent.</summary>
public sealed class VoucherDesk(PaymentReader reader, PaymentOffers offers, IOptions<StreamOptions> options, TimeProvider time)
{
    private const int MaxTries = 4;
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    /// <summary>What the request may cost now, durable; null when its payer promised no more in time.</summary>
    /// <param name="wanted">In all.</param>
    internal async Task<TokenAmount?> MoreAsync(RequestTicket ticket, BatchHold hold, TokenAmount wanted, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.VoucherSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        var voucher = hold.Newest ?? (ticket.Payment as ClientPayment.Voucher)?.Signed;
        try
        {
            for (var asked = 0; voucher is not null; asked++)
            {
                var result = await hold.RaiseAsync(voucher, wanted, (ulong)(ticket.Deadline + Slack).ToUnixTimeMilliseconds());
                if (hold.Allowed >= wanted)
                {
                    return hold.Allowed;
                }

                voucher = asked < MaxTries && ticket.Call.Vouchers is { } source ? await AskAsync(ticket, source, Demand(ticket, hold, wanted, result), wanted, either.Token) : null;
            }
        }
        catch (OperationCanceledException)
        {
            // None came in time, or nobody is there to send one: the answer ends with what was paid for.
        }

        return null;
    }

    private async Task<SignedVoucher?> AskAsync(
        RequestTicket ticket, IVoucherSource source, PaymentRequired demand, TokenAmount wanted, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            await source.AskAsync(demand);
            try
            {
                var sent = await source.NextAsync(cancellationToken);
                if (reader.Read(ticket.Call with { Payment = sent, PaymentVersion = 2 }, wanted) is ClientPayment.Voucher { IsStrict: false, Deposit: null } voucher)
                {
                    return voucher.Signed;
                }

                demand = demand with { Error = BatchSettlementError.PayloadType };
            }
            catch (PaymentException refused)
            {
                demand = demand with { Error = refused.Error };
            }
        }

        return null;
    }

    private PaymentRequired Demand(RequestTicket ticket, BatchHold hold, TokenAmount wanted, ChannelResult result)
    {
        var error = result.Outcome == ChannelOutcome.ExceedsEscrow ? BatchSettlementError.ExceedsBalance : BatchSettlementError.AmountMismatch;
        var books = BatchScheme.View(hold.Reservation.Channel, hold.Reservation.Escrow, result);

        // What is held for this request is part of what is wanted for it, and not of what others have reserved.
        books = books with { ReservedAmount = TokenAmount.SubtractOrZero(books.ReservedAmount, hold.Allowed) };
        var known = result.VoucherSignature is { } signature ? new VoucherStateView(result.VoucherMax, signature) : null;
        return new PaymentRequired(
            2, new ResourceInfo(ticket.Call.ResourceUrl, PaymentAnswer.Description, "application/json"), [offers.Batch(wanted, books, known)], error);
    }
}
