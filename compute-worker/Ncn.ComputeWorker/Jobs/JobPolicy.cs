using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>What a job is judged by.</summary>
/// <param name="Node">This node.</param>
/// <param name="Token">The token that it is paid in.</param>
/// <param name="KnownGateways">Gateways that this node joined; only they get work for free.</param>
/// <param name="Now">Unix milliseconds.</param>
/// <param name="MaxJobMilliseconds">How far ahead a deadline may lie.</param>
public sealed record JobTerms(
    Address Node, Address Token, Eip712Domain NetworkDomain, Eip712Domain PaymentsDomain, IReadOnlyCollection<Address> KnownGateways,
    ulong Now, ulong MaxJobMilliseconds);

/// <summary>
/// Decides whether a job may run: pure, so that every rule has its test. Escrow and running total are judged afterwards by the
/// channel's ledger, which needs the chain.
/// </summary>
public static class JobPolicy
{
    /// <summary>Checks signature, addressee, deadline and input of a job.</summary>
    /// <exception cref="JobRefusedException">The first rule that is broken.</exception>
    public static void CheckJob(Signed<InferenceJob> signed, ReadOnlySpan<byte> input, JobTerms terms)
    {
        ArgumentNullException.ThrowIfNull(signed);
        ArgumentNullException.ThrowIfNull(terms);
        InferenceJob job = signed.Message;
        if (!signed.IsSignedBy(job.Gateway, terms.NetworkDomain))
        {
            throw Refuse(JobRefusalReason.NotAuthentic, $"The job is not signed by its gateway {job.Gateway}: check the key, the chain id and the registry's address.");
        }

        if (job.Node != terms.Node)
        {
            throw Refuse(JobRefusalReason.NotAuthentic, $"The job is for node {job.Node}; this is {terms.Node}.");
        }

        if (job.Deadline <= terms.Now)
        {
            throw Refuse(JobRefusalReason.TooLate, $"The job's deadline passed {terms.Now - job.Deadline} ms ago.");
        }

        if (job.Deadline - terms.Now > terms.MaxJobMilliseconds)
        {
            throw Refuse(JobRefusalReason.Invalid, $"The job's deadline lies {job.Deadline - terms.Now} ms ahead; this node takes at most {terms.MaxJobMilliseconds}.");
        }

        if (Keccak256.Of(input) != job.InputHash)
        {
            throw Refuse(JobRefusalReason.NotAuthentic, "The input's hash is not the one that the gateway signed.");
        }
    }

    /// <summary>Checks the size of the input and that the job's price covers what it can cost at most.</summary>
    /// <exception cref="JobRefusedException">The first rule that is broken.</exception>
    public static void CheckOffer(InferenceJob job, int inputBytes, ModelOffer offer, Usage ceiling)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(offer);
        CheckSize(inputBytes, offer);
        if (!job.Service.IsNone && job.Service != offer.Service)
        {
            throw Refuse(
                JobRefusalReason.Invalid,
                $"The job holds this node to {job.Service.FirstTokenMilliseconds} ms and {job.Service.TokensPerSecond} tokens/s, and its offer says {offer.Service.FirstTokenMilliseconds} ms and {offer.Service.TokensPerSecond} tokens/s.");
        }

        TokenAmount most = UsagePrice.Of(offer.Price, ceiling);
        if (most > job.MaxPrice)
        {
            throw Refuse(
                JobRefusalReason.NotCovered,
                $"The job can cost {most} ({ceiling.PromptTokens} prompt tokens, {ceiling.CompletionTokens} completion tokens, {ceiling.Rows} rows at this node's prices), and its maximum price is {job.MaxPrice}.");
        }
    }

    /// <summary>Checks an input before anything is done with it.</summary>
    /// <exception cref="JobRefusedException">It is too large.</exception>
    public static void CheckSize(int inputBytes, ModelOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        if ((uint)inputBytes > offer.MaxInputBytes)
        {
            throw Refuse(JobRefusalReason.Invalid, $"The input has {inputBytes} bytes; {offer.Name} takes at most {offer.MaxInputBytes}.");
        }
    }

    /// <summary>Checks who pays for a job, and how.</summary>
    /// <returns>The voucher to reserve on; null when the job costs nothing.</returns>
    /// <exception cref="JobRefusedException">The first rule that is broken.</exception>
    public static SignedVoucher? CheckPayment(InferenceJob job, NodePayment? payment, ModelOffer offer, JobTerms terms)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(terms);
        if (offer.Price.IsFree)
        {
            return terms.KnownGateways.Contains(job.Gateway)
                ? null
                : throw Refuse(JobRefusalReason.NotAuthentic, $"This node works for free for the gateways that it joined, and {job.Gateway} is none of them.");
        }

        if (payment is null)
        {
            throw Refuse(JobRefusalReason.NotCovered, "The job has no voucher, and this model is not free.");
        }

        if (payment.ChannelConfig.ToConfig() != NodeChannel.Config(job.Gateway, terms.Node, terms.Token))
        {
            throw Refuse(JobRefusalReason.NotCovered, $"The voucher's channel is not the one from gateway {job.Gateway} to node {terms.Node} in token {terms.Token}.");
        }

        SignedVoucher voucher = payment.ToSignedVoucher();
        if (payment.Voucher.ChannelId != voucher.Config.Id(terms.PaymentsDomain) || !voucher.IsAuthentic(terms.PaymentsDomain))
        {
            throw Refuse(JobRefusalReason.NotAuthentic, $"The voucher is not signed by {voucher.Config.VoucherSigner} for channel {voucher.Config.Id(terms.PaymentsDomain)}.");
        }

        return voucher;
    }

    /// <summary>Turns the ledger's answer to a reservation into a refusal, or nothing.</summary>
    public static void CheckReservation(ChannelResult result, SignedVoucher voucher, TokenAmount amount, ChannelFunds funds)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(voucher);
        ArgumentNullException.ThrowIfNull(funds);
        switch (result.Outcome)
        {
            case ChannelOutcome.Accepted:
                return;
            case ChannelOutcome.VoucherTooLow:
                throw Refuse(
                    JobRefusalReason.TotalTooLow,
                    $"The voucher's total is {voucher.MaxClaimableAmount}; charged {result.Charged} + reserved {result.Reserved} + this job's {amount} need at least {result.Charged + result.Reserved + amount}.");
            case ChannelOutcome.ExceedsEscrow:
                throw Refuse(
                    JobRefusalReason.NotCovered,
                    $"The voucher's total is {voucher.MaxClaimableAmount}, and the channel's escrow holds {funds.Spendable}: deposit more.");
            case ChannelOutcome.Repeated or ChannelOutcome.AlreadyCharged:
                throw Refuse(JobRefusalReason.Repeated, "This attempt of the request runs here already, or was charged.");
            case ChannelOutcome.TooManyInFlight:
                throw Refuse(JobRefusalReason.Busy, "Too many requests are in flight on this channel.");
            default:
                throw Refuse(JobRefusalReason.NotCovered, $"The channel refuses the job: {result.Outcome}.");
        }
    }

    private static JobRefusedException Refuse(JobRefusalReason reason, string message) => new(reason, message);
}
