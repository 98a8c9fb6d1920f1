using System.Runtime.CompilerServices;
using Ncn.ComputeWorker.Observability;
using Ncn.ComputeWorker.Payments;
using Ncn.ComputeWorker.Sealing;
using Ncn.Inference.Repository;
using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>What a job that was answered left.</summary>
/// <param name="Receipt">As the gateway has it.</param>
/// <param name="IsSealed">The client alone can read input and answer.</param>
/// <param name="Output">What was delivered; empty of a sealed answer.</param>
/// <param name="WasStopped">The gateway asked to stop.</param>
internal sealed record EndedJob(Signed<Receipt> Receipt, bool IsSealed, IReadOnlyList<OutputPiece> Output, byte[] Fingerprints, bool WasStopped);

/// <summary>
/// A job that was admitted: it holds a slot and a reservation. Run it, then settle it once with <see cref="ChargeAsync"/>; on the
/// queued path the gateway takes the result with <see cref="DraftReceipt"/> first. What is not settled is released at the end.
/// </summary>
internal sealed class RunningJob : IAsyncDisposable
{
    private readonly NodeIdentity _node;
    private readonly JobInput _input;
    private readonly LoadedModel _model;
    private readonly ModelPrice _price;
    private readonly SignedVoucher? _voucher;
    private readonly VoucherLedger _ledger;
    private readonly TimeProvider _time;
    private readonly IDisposable _slot;
    private readonly JobWatch _watch;
    private readonly JobOutput _output;
    private readonly JobEvidence _evidence;
    private readonly AnswerSealer? _sealer;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _breakOff = new();
    private readonly ServiceMeter _meter = new();
    private readonly ulong _startedAt;
    private uint _deliveredTokens;
    private uint _deliveredRows;
    private bool _settled;
    private Signed<Receipt>? _receipt;

    /// <param name="voucher">What the reservation stands on; null for a job that costs nothing.</param>
    /// <param name="slot">Given back at the end.</param>
    /// <param name="sealer">Seals the answer to a sealed request; null for one in clear.</param>
    public RunningJob(
        NodeIdentity node, InferenceJob job, JobInput input, LoadedModel model, ModelPrice price, SignedVoucher? voucher,
        VoucherLedger ledger, JobWatch watch, TimeProvider time, IDisposable slot, AnswerSealer? sealer = null)
    {
        (_node, Job, _input, _model, _price, _voucher, _ledger, _watch, _time, _slot) =
            (node, job, input, model, price, voucher, ledger, watch, time, slot);
        _output = new JobOutput(node, job, input, model.Manifest);
        _evidence = new JobEvidence(job);
        _sealer = sealer;
        _startedAt = Now;
    }

    /// <summary>The job as the gateway signed it.</summary>
    public InferenceJob Job { get; }

    /// <summary>Told at the end what was answered, if a receipt for it left; null for nobody.</summary>
    public Action<EndedJob>? Ended { get; init; }

    /// <summary>"stop", "length" or "cancelled"; empty for tensor models. Set at the end of the run.</summary>
    public string FinishReason => _output.FinishReason;

    /// <summary>Fingerprints of what was delivered, under the receipt's root.</summary>
    public FingerprintSet Fingerprints => _evidence.Fingerprints;

    /// <summary>True when the client alone can read the answer.</summary>
    public bool IsSealed => _sealer is not null;

    /// <summary>True once the deadline passed.</summary>
    public bool IsLate => Now >= Job.Deadline;

    /// <summary>Names an attempt in the ledger.</summary>
    public static string Key(RequestId request, uint attempt) => $"{request}:{attempt}";

    /// <summary>Ends the run early, in good order: what was delivered stands.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Ends the run in the middle, without a receipt: another node goes on after what was delivered, and is the one that is paid.</summary>
    public void BreakOff() => _breakOff.Cancel();

    /// <summary>Runs the model. A chunk counts as delivered when the next one is asked for.</summary>
    /// <exception cref="JobRefusedException">The deadline passed, or the model failed.</exception>
    public async IAsyncEnumerable<JobChunk> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(0, (long)Job.Deadline - (long)Now)), _time);
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token, _breakOff.Token);
        await using IAsyncEnumerator<JobChunk> chunks = OutputAsync(abort.Token).GetAsyncEnumerator(CancellationToken.None);
        _watch.Run();
        while (await MeteredAsync(chunks, deadline.Token))
        {
            _watch.Output();
            yield return chunks.Current;
            Deliver(chunks.Current);
        }
    }

    /// <summary>Charges what was delivered, durably, and signs the receipt.</summary>
    /// <exception cref="JobRefusedException">The reservation is gone.</exception>
    public async Task<Signed<Receipt>> ChargeAsync()
    {
        using IDisposable? span = _watch.Charge();
        if (_voucher is null)
        {
            _settled = true;
            return Sign(TokenAmount.Zero);
        }

        (ChannelResult result, Signed<Receipt>? receipt) =
            await _ledger.ChargeAsync(ChannelId, new ChannelInput.Charge(Now, Key(Job.RequestId, Job.Attempt), Cost), Sign);
        _settled = true;
        if (receipt is null)
        {
            throw new JobRefusedException(JobRefusalReason.NotCovered, $"The work was done and could not be charged: {result.Outcome}.");
        }

        _watch.Earn(receipt.Message.Price);
        return receipt;
    }

    /// <summary>The receipt for what was delivered, before it is charged: the charge follows when the gateway has taken the result.</summary>
    public Signed<Receipt> DraftReceipt() =>
        Sign(_voucher is null ? TokenAmount.Zero : _ledger.Channels[ChannelId].State.Charged + Cost);

    /// <summary>Releases a reservation that was not charged, and the slot.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_receipt is { } receipt)
        {
            Ended?.Invoke(new EndedJob(receipt, IsSealed, IsSealed ? [] : [.. _evidence.Pieces], IsSealed ? [] : Fingerprints.Encode(), _stop.IsCancellationRequested));
        }

        try
        {
            if (_voucher is not null && !_settled)
            {
                await _ledger.ApplyAsync(ChannelId, new ChannelInput.Release(Now, Key(Job.RequestId, Job.Attempt)));
            }
        }
        finally
        {
            _watch.End(Used);
            _sealer?.Dispose();
            _slot.Dispose();
            _stop.Dispose();
            _breakOff.Dispose();
        }
    }

    private ulong Now => (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();

    private ChannelId ChannelId => _voucher!.Config.Id(_node.PaymentsDomain);

    private Usage Used => new(_input.Ceiling.PromptTokens, _deliveredTokens, _deliveredRows);

    // What the job's service level promised and this node's clock found missing is not charged.
    private TokenAmount Cost
    {
        get
        {
            TokenAmount full = UsagePrice.Of(_price, Used);
            return full - ServiceCredit.Of(full, ServiceCredit.BasisPoints(Job.Service, _meter.Measure));
        }
    }

    // The gateway of a queued job has the first one, and no other.
    private Signed<Receipt> Sign(TokenAmount total)
    {
        Signed<Receipt> signed = _node.Sign(Receipt(total));
        _receipt ??= signed;
        return signed;
    }

    private Receipt Receipt(TokenAmount total) => new(
        Job.RequestId, Job.Attempt, _node.Address, Job.Gateway, _model.Offer.Digest, Job.InputHash, _evidence.OutputHash, Job.Seed,
        Used.PromptTokens, Math.Max(_deliveredTokens, _deliveredRows), Cost, _voucher is null ? default : ChannelId, total,
        Fingerprints.Root, _startedAt, Now);

    private IAsyncEnumerable<JobChunk> OutputAsync(CancellationToken abort)
    {
        IAsyncEnumerable<JobChunk> clear = _output.RunAsync(_stop.Token, abort);
        return _sealer is null
            ? clear
            : new SealedOutput(_node, Job, _input, _sealer).RunAsync(clear, () => (FinishReason, Fingerprints.Encode()));
    }

    private void Deliver(JobChunk chunk)
    {
        bool isText = _input.Ceiling.Rows == 0;
        _deliveredTokens += (uint)chunk.TokenIds.Count + (isText ? chunk.SealedTokens : 0);
        _evidence.Add(chunk);
        _deliveredRows += chunk.Tensors.IsEmpty ? (isText ? 0 : chunk.SealedTokens) : _input.Ceiling.Rows;
    }

    private async Task<bool> MeteredAsync(IAsyncEnumerator<JobChunk> chunks, CancellationToken deadline)
    {
        long asked = _time.GetTimestamp();
        bool isNext = await NextAsync(chunks, deadline);
        _meter.Waited(_time.GetElapsedTime(asked), isNext ? TokensOf(chunks.Current) : 0);
        return isNext;
    }

    private static uint TokensOf(JobChunk chunk) => chunk.Tensors.IsEmpty ? (uint)chunk.TokenIds.Count + chunk.SealedTokens : 1;

    private async Task<bool> NextAsync(IAsyncEnumerator<JobChunk> chunks, CancellationToken deadline)
    {
        try
        {
            return await MoveAsync(chunks, deadline);
        }
        catch (JobRefusedException refusal)
        {
            _watch.Fail(refusal);
            throw;
        }
    }

    private async Task<bool> MoveAsync(IAsyncEnumerator<JobChunk> chunks, CancellationToken deadline)
    {
        try
        {
            bool isNext = await chunks.MoveNextAsync();
            if (!isNext)
            {
                _watch.Finish(FinishReason);
            }

            return isNext;
        }
        catch (OperationCanceledException) when (_breakOff.IsCancellationRequested)
        {
            throw new JobRefusedException(JobRefusalReason.Busy, $"This node stops, and breaks the job off after {_deliveredTokens} tokens; another can go on after them.");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new JobRefusedException(JobRefusalReason.TooLate, $"The job's deadline passed after {_deliveredTokens} tokens.");
        }
    }
}
