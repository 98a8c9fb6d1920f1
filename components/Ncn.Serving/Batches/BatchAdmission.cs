using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Batches;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Batches;

/// <summary>Lets a batch in: every line is read and priced, and one voucher holds the ceiling of all.</summary>
/// <remarks>
/// 1. read and price the lines; 2. ask for the payment of their sum; 3. mark the batch as open; 4. hold the sum; 5. create the batch, for
/// which the hold then stays as long as it may run. A crash after 3 leaves a mark that is removed, after 4 a hold that passes in minutes.
/// </remarks>
public sealed class BatchAdmission(
    FileStore files, LineOrders orders, RequestPricing pricing, PaymentGate gate, RequestIds ids, BatchDesk desk, WebhookDesk webhooks,
    IActorProxyFactory actors, GatewayIdentity identity, IOptions<BatchOptions> options, IOptions<GatewayOptions> gateway, IOptions<FilesOptions> kept, TimeProvider time)
{
    private static readonly TimeSpan FirstHold = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    /// <summary>Creates a batch, or finds the one that the same call created before.</summary>
    public async Task<CreatedBatch> CreateAsync(ClientCall call, string account, BatchWish wish, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(wish);
        var hook = wish.WebhookUrl is null ? default : await webhooks.CheckAsync(wish.WebhookUrl, wish.WebhookSecret, "webhook.url", call.Gone);
        var file = await files.FindAsync(account, wish.InputFile, call.Gone);
        var ceilings = await PriceAsync(account, file, wish, call.Gone);
        var ceiling = ceilings.Aggregate(TokenAmount.Zero, static (sum, each) => sum + each);
        var payment = ceiling.IsZero ? null : gate.Require(call, ceiling);
        switch (payment)
        {
            case ClientPayment.Refund refund:
                return new CreatedBatch(null, await gate.RefundAsync(refund, call.Gone));
            case ClientPayment.Exact:
                throw new ApiException(ApiError.BadRequest(
                    "unsupported_payment", "A batch cannot be paid by exact, which takes its price at once; pay by batch-settlement.", "payment"));
        }

        await RequireRoomAsync(call.Gone);
        var key = RequestIds.ReadKey(call);
        var batch = key is null ? RequestIds.Random() : ids.FromKey($"batch\n{account}\n{payment?.Caller}", key);
        var expires = time.GetUtcNow() + TimeSpan.FromHours(wish.Hours);
        var channel = (payment as ClientPayment.Voucher)?.Signed.Config.Id(identity.PaymentsDomain);
        var spec = new BatchSpec(
            BatchObject.IdOf(batch), account, wish.Endpoint, wish.InputFile, wish.Window, ceilings.Count, RequestIds.Fingerprint(call.Route, body.Span),
            channel, ceiling, (ulong)expires.ToUnixTimeMilliseconds(), wish.MetadataJson);
        var result = await CreateAsync(call, batch, spec, payment, ceilings);
        if (hook.Url is not null && result.Outcome == BatchOutcome.Accepted)
        {
            await webhooks.WatchAsync(WebhookSubject.Batch, spec.Id, hook.Url, hook.Secret, call.Gone);
        }

        return new CreatedBatch(result, null) { WebhookUrl = hook.Url, Secret = hook.Secret?.Text };
    }

    /// <summary>Keeps what is held for a batch until it must have ended. Idempotent.</summary>
    internal static Task ExtendAsync(IActorProxyFactory actors, BatchSpec spec) => spec.Channel is { } channel && BatchObject.Read(spec.Id) is { } batch
        ? actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel).ApplyAsync(
            [new ChannelStep { Assign = new AssignCall(batch.ToString(), null, spec.ExpiresAt + (ulong)Slack.TotalMilliseconds) }])
        : Task.CompletedTask;

    private async Task<IReadOnlyList<TokenAmount>> PriceAsync(string account, StoredFile file, BatchWish wish, CancellationToken cancellationToken)
    {
        if (file.Purpose != StoredFile.BatchPurpose)
        {
            throw new ApiException(ApiError.BadRequest("invalid_value", $"The file {file.Id} has the purpose {file.Purpose}; a batch reads files of the purpose batch.", "input_file_id"));
        }

        await using var content = await files.OpenAsync(account, file, cancellationToken);
        using var whole = new MemoryStream((int)file.Bytes);
        await content.CopyToAsync(whole, cancellationToken);
        var lines = BatchLine.ReadAll(whole.GetBuffer().AsMemory(0, (int)whole.Length), wish.Endpoint, options.Value.MaxLines, gateway.Value.MaxBodyBytes);
        var ceilings = new TokenAmount[lines.Count];
        for (var index = 0; index < lines.Count; index++)
        {
            ceilings[index] = await PriceAsync(wish.Endpoint, lines[index], cancellationToken);
        }

        return ceilings;
    }

    private async Task<TokenAmount> PriceAsync(string endpoint, BatchLine line, CancellationToken cancellationToken)
    {
        try
        {
            var order = orders.Read(endpoint, line.Body);
            return (await pricing.PriceAsync(order, ModelsEndpoint.ModelNotFound(order.Model), cancellationToken)).Ceiling;
        }
        catch (ApiException refused)
        {
            throw new ApiException(ApiError.BadRequest("invalid_batch", $"The request {line.CustomId} is refused: {refused.Error.Message}", "input_file_id"));
        }
    }

    private async Task RequireRoomAsync(CancellationToken cancellationToken)
    {
        if ((await desk.ListOpenAsync(cancellationToken)).Count >= options.Value.MaxOpen)
        {
            throw new ApiException(new ApiError(503, "too_many_batches", "Too many batches wait here; send yours later.") { RetryAfterSeconds = 300 });
        }
    }

    private async Task<BatchResult> CreateAsync(
        ClientCall call, RequestId batch, BatchSpec spec, ClientPayment? payment, IReadOnlyList<TokenAmount> ceilings)
    {
        var known = await desk.Actor(batch).GetAsync();
        if (known.Spec is null)
        {
            var keptUntil = time.GetUtcNow() + TimeSpan.FromHours(kept.Value.KeptHours + 24);
            await desk.OpenAsync(batch, spec.Account, ceilings, keptUntil, call.Gone);
            if (payment is not null)
            {
                await gate.HoldAsync(new HoldCall(batch, spec.Ceiling, FirstHold) { IsRepeatable = true, IsQueued = true }, payment, call.Gone);
            }
        }

        var result = await desk.Actor(batch).CreateAsync(spec);
        if (result.Outcome == BatchOutcome.Conflict)
        {
            throw new ApiException(new ApiError(409, "idempotency_conflict", "This Idempotency-Key was used for a different batch; use a new key.", "Idempotency-Key"));
        }

        await ExtendAsync(actors, result.Spec!);
        return result;
    }
}

/// <param name="Batch">Null for a refund.</param>
/// <param name="Refund">The answer to a payer that wanted its money back instead.</param>
public sealed record CreatedBatch(BatchResult? Batch, StoredAnswer? Refund)
{
    public Uri? WebhookUrl { get; init; }

    /// <summary>What events are signed with; told once.</summary>
    public string? Secret { get; init; }
}
