using System.Diagnostics;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.ComputeWorker.Evidence;
using Ncn.ComputeWorker.Network;
using Ncn.ComputeWorker.Observability;
using Ncn.ComputeWorker.Payments;
using Ncn.ComputeWorker.Plants;
using Ncn.ComputeWorker.Sealing;
using Ncn.Inference;
using Ncn.Inference.Repository;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Where jobs of both paths are taken in: checked, paid for by reservation, and given a slot.</summary>
/// <remarks>
/// 1. Signature, addressee, deadline, input hash. 2. A free slot. 3. The model. 4. The payment's form. 5. The input, and what it can
/// cost. 6. The reservation on the channel, durable before anything runs.
/// </remarks>
internal sealed class JobDesk(
    NodeIdentity node, NodeModels models, VoucherLedger ledger, IEscrow escrow, KnownGateways gateways, RunningJobs running, SealedInputs seals,
    EvidenceKeeper keeper, PlantBook plants, IOptions<WorkerOptions> options, NodeMetrics metrics, TimeProvider time)
{
    /// <summary>How long a reservation outlives its deadline: time to deliver a result.</summary>
    private const ulong GraceMilliseconds = 10 * 60_000;

    private long _accepted;

    /// <summary>Jobs taken in since the start.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <param name="path">"direct" or "queued", for the node's metrics.</param>
    /// <exception cref="JobRefusedException">The job may not run here; says why.</exception>
    public async Task<RunningJob> AdmitAsync(
        string path, Signed<InferenceJob> signed, NodePayment? payment, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        var origin = new JobOrigin(path, Activity.Current);
        using Activity? span = NodeTraces.Step("admit");
        try
        {
            return await TakeAsync(origin, signed, payment, input, cancellationToken);
        }
        catch (JobRefusedException refusal)
        {
            NodeTraces.Fail(span, refusal);
            metrics.Refuse(path, refusal.Reason);
            throw;
        }
    }

    /// <summary>Receipt of the last charge on a gateway's channel: proves to the gateway a total that it missed.</summary>
    public Signed<Receipt>? LastReceipt(Address gateway) =>
        ledger.Channels.TryGetValue(NodeChannel.Config(gateway, node.Address, node.Token).Id(node.PaymentsDomain), out var account)
            ? account.LastReceipt
            : null;

    private async Task<RunningJob> TakeAsync(
        JobOrigin origin, Signed<InferenceJob> signed, NodePayment? payment, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        InferenceJob job = signed.Message;
        JobTerms terms = Terms();
        JobPolicy.CheckJob(signed, input.Span, terms); // 1
        RunningJobs.Place place = running.Enter(job); // 2
        OpenedInput? opened = null;
        try
        {
            LoadedModel model = models.Find(job.ModelDigest); // 3
            place.Keep(NodeModels.Hold(model));
            ModelOffer offer = models.OfferOf(model);
            SignedVoucher? voucher = JobPolicy.CheckPayment(job, payment, offer, terms); // 4
            JobPolicy.CheckSize(input.Length, offer);
            opened = SealedInputs.Find(input) is { } box ? seals.Open(box, model, job.Seed) : null; // 5
            JobInput parsed = opened?.Content ?? ParseInput(plants.Swap(input), model, job.Seed);
            JobPolicy.CheckOffer(job, input.Length, offer, parsed.Ceiling);
            await ReserveAsync(job, voucher, cancellationToken); // 6
            Interlocked.Increment(ref _accepted);
            var watch = new JobWatch(metrics, time, origin, offer.Name);
            var admitted = new RunningJob(node, job, parsed, model, offer.Price, voucher, ledger, watch, time, place, opened?.Sealer)
            {
                Ended = keeper.IsOn && offer.Retention != ModelOffer.RetainsNothing ? ended => keeper.Keep(signed, input, ended) : null,
            };
            place.Seat(admitted);
            return admitted;
        }
        catch
        {
            opened?.GiveBack();
            opened?.Sealer.Dispose();
            place.Dispose();
            throw;
        }
    }

    private JobTerms Terms() => new(
        node.Address, node.Token, node.NetworkDomain, node.PaymentsDomain, gateways.Addresses,
        (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), (ulong)options.Value.MaxJobSeconds * 1000);

    private static JobInput ParseInput(ReadOnlyMemory<byte> input, LoadedModel model, ulong seed)
    {
        try
        {
            return JobInput.Parse(input, model, seed);
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }
    }

    private async Task ReserveAsync(InferenceJob job, SignedVoucher? voucher, CancellationToken cancellationToken)
    {
        if (voucher is null)
        {
            return;
        }

        using Activity? span = NodeTraces.Step("reserve");
        ChannelFunds funds = await FundsAsync(voucher, cancellationToken);
        var reserve = new ChannelInput.Reserve(
            (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), RunningJob.Key(job.RequestId, job.Attempt), voucher, job.MaxPrice, funds, job.Deadline + GraceMilliseconds);
        ChannelResult result = await ledger.ApplyAsync(voucher.Config.Id(node.PaymentsDomain), reserve, cancellationToken);
        JobPolicy.CheckReservation(result, voucher, job.MaxPrice, funds);
    }

    private async Task<ChannelFunds> FundsAsync(SignedVoucher voucher, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.ReadFundsAsync(voucher.Config.Id(node.PaymentsDomain), voucher.MaxClaimableAmount);
        }
        catch (ChainException exception)
        {
            throw new JobRefusedException(JobRefusalReason.ChainUnavailable, "The channel's escrow cannot be read: the chain does not answer.", exception);
        }
    }
}
