using System.Runtime.CompilerServices;
using Google.Protobuf;
using Ncn.ComputeWorker.Payments;
using Ncn.Inference;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>
/// A job that was admitted: it holds a slot and a reservation. Run it, then settle it once: <see cref="ChargeAsync"/>, or
/// <see cref="DraftReceipt"/> followed by a charge. What is not settled is released when the job is disposed of.
/// </summary>
internal sealed class RunningJob(
    NodeIdentity node, Signed<InferenceJob> signed, JobInput input, LoadedModel model, ModelPrice price, SignedVoucher? voucher,
    VoucherLedger ledger, TimeProvider time, Action leave) : IAsyncDisposable
{
    private readonly OutputChain _output = new(node, signed.Message);
    private readonly ulong _startedAt = Now(time);
    private uint _deliveredTokens;
    private uint _deliveredRows;
    private bool _settled;

    /// <summary>The job as the gateway signed it.</summary>
    public InferenceJob Job => signed.Message;

    /// <summary>"stop", "length", or empty for tensor models; set at the end of the run.</summary>
    public string FinishReason { get; private set; } = "";

    /// <summary>Runs the model. A chunk counts as delivered when the next one is asked for.</summary>
    /// <exception cref="JobRefusedException">The deadline passed, or the model failed.</exception>
    public async IAsyncEnumerable<JobChunk> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(0, (long)Job.Deadline - (long)Now(time))), time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        await using IAsyncEnumerator<JobChunk> chunks = Chunks(stop.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await NextAsync(chunks, cancellationToken))
        {
            yield return chunks.Current;
            _deliveredTokens += (uint)chunks.Current.TokenIds.Count;
            _deliveredRows += chunks.Current.Tensors.IsEmpty ? 0 : input.Ceiling.Rows;
        }
    }

    /// <summary>Charges what was delivered, durably, and signs the receipt.</summary>
    public async Task<Signed<Receipt>> ChargeAsync()
    {
        TokenAmount cost = Cost();
        TokenAmount total = TokenAmount.Zero;
        if (voucher is not null)
        {
            ChannelResult result = await ledger.ApplyAsync(ChannelId, new ChannelInput.Charge(Now(time), Key(Job), cost));
            if (result.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated))
            {
                throw new JobRefusedException(JobRefusalReason.NotCovered, $"The work was done, and could not be charged: {result.Outcome}.");
            }

            total = result.Charged;
        }

        _settled = true;
        return Sign(cost, total);
    }

    /// <summary>The receipt for what was delivered, before it is charged: the charge follows when the gateway has taken the result.</summary>
    public Signed<Receipt> DraftReceipt() =>
        Sign(Cost(), voucher is null ? TokenAmount.Zero : ledger.Channels[ChannelId].Charged + Cost());

    /// <summary>Releases a reservation that was not charged, and the slot.</summary>
    public async ValueTask DisposeAsync()
    {
        if (voucher is not null && !_settled)
        {
            await ledger.ApplyAsync(ChannelId, new ChannelInput.Release(Now(time), Key(Job)));
        }

        leave();
    }

    /// <summary>Names an attempt in the ledger.</summary>
    public static string Key(InferenceJob job) => $"{job.RequestId}:{job.Attempt}";

    private ChannelId ChannelId => voucher!.Config.Id(node.PaymentsDomain);

    private TokenAmount Cost() => UsagePrice.Of(price, Used);

    private Usage Used => new(input.Ceiling.PromptTokens, _deliveredTokens, _deliveredRows);

    private Signed<Receipt> Sign(TokenAmount cost, TokenAmount total) => node.Sign(new Receipt(
        Job.RequestId, Job.Attempt, node.Address, Job.Gateway, model.Offer.Digest, Job.InputHash, _output.OutputHash, Job.Seed,
        Used.PromptTokens, Math.Max(_deliveredTokens, _deliveredRows), cost, voucher is null ? default : ChannelId, total, default,
        _startedAt, Now(time)));

    private async Task<bool> NextAsync(IAsyncEnumerator<JobChunk> chunks, CancellationToken cancellationToken)
    {
        try
        {
            return await chunks.MoveNextAsync();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new JobRefusedException(JobRefusalReason.TooLate, $"The job's deadline passed after {_deliveredTokens} tokens.");
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }
    }

    private IAsyncEnumerable<JobChunk> Chunks(CancellationToken cancellationToken) => input switch
    {
        JobInput.Generate generate => GenerateAsync(generate, cancellationToken),
        JobInput.Infer infer => InferAsync(infer, cancellationToken),
        _ => throw new InvalidOperationException($"A job of the kind {input.GetType().Name} cannot be run."),
    };

    private async IAsyncEnumerable<JobChunk> GenerateAsync(JobInput.Generate generate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (GenerationEvent next in generate.Model.Engine.GenerateAsync(generate.Request, cancellationToken))
        {
            if (next is GenerationEvent.Token token)
            {
                yield return _output.Add([token.TokenId], token.Text, last: false);
            }
            else if (next is GenerationEvent.Finished finished)
            {
                FinishReason = finished.Reason == Ncn.Inference.Generation.FinishReason.Stop ? "stop" : "length";
                if (finished.Text.Length > 0 || !_output.LastIsSigned)
                {
                    yield return _output.Add([], finished.Text, last: true);
                }
            }
        }
    }

    private async IAsyncEnumerable<JobChunk> InferAsync(JobInput.Infer infer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] wanted = [.. infer.Request.Outputs.Select(output => output.Name)];
        IReadOnlyList<TensorValue> outputs = await infer.Model.Engine.RunAsync(infer.Inputs, wanted, cancellationToken);
        yield return _output.AddTensors(TensorWire.Write(infer.Request, model.Manifest.Name, model.Manifest.Version, outputs).ToByteArray());
    }

    private static ulong Now(TimeProvider time) => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
}
