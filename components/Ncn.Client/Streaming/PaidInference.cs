using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Grpc.Core;
using Inference;
using Ncn.Client.Paying;
using Ncn.Payments.X402;

namespace Ncn.Client.Streaming;

/// <summary>Calls models over gRPC (Open Inference Protocol v2) and pays by metadata, within the limits of a <see cref="Payer"/>.</summary>
/// <param name="invoker">A channel to the gateway's gRPC address, such as <c>channel.CreateCallInvoker()</c>.</param>
/// <remarks>
/// 1 the call goes out unpaid; 2 FAILED_PRECONDITION names the ceiling in the trailer payment-required; 3 it is repeated with
/// payment-signature; 4 a correction is checked and followed; 5 payment-response says what was charged.
/// </remarks>
public sealed class PaidInference(CallInvoker invoker, Payer payer)
{
    private const string Signature = "payment-signature";
    private const string Required = "payment-required";
    private const string Response = "payment-response";
    private readonly GRPCInferenceService.GRPCInferenceServiceClient client = new(invoker);

    /// <summary>Runs a model and waits for the whole answer.</summary>
    /// <param name="idempotencyKey">A repeat with the same key and request gets the first answer and is charged nothing.</param>
    /// <exception cref="RpcException">The gateway refused.</exception>
    /// <exception cref="PaymentException">The payer refused.</exception>
    public async Task<ModelInferResponse> InferAsync(ModelInferRequest request, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var key = NewKey();
        PaymentRequirements? offer = null;
        for (var tries = 0; ; tries++)
        {
            var headers = await HeadersAsync(offer, key, idempotencyKey, cancellationToken);
            using var call = client.ModelInferAsync(request, headers, cancellationToken: cancellationToken);
            try
            {
                var response = await call.ResponseAsync;
                await SettleAsync(offer, key, call.GetTrailers().GetValue(Response));
                return response;
            }
            catch (RpcException refused) when (tries <= PayingHandler.MaxCorrections && ReadOffer(refused.Trailers.GetValue(Required)) is { } asked)
            {
                offer = await FollowAsync(asked, tries, cancellationToken) ?? throw await GiveUpAsync(offer, key, refused);
            }
            catch (RpcException)
            {
                await SettleAsync(offer, key, null);
                throw;
            }
        }
    }

    /// <summary>Runs a text model and yields its answer as it is made; the last message says what it cost.</summary>
    public async IAsyncEnumerable<ModelInferResponse> StreamAsync(ModelInferRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = NewKey();
        PaymentRequirements? offer = null;
        string? settlement = null;
        using var call = client.ModelStreamInfer(cancellationToken: cancellationToken);
        try
        {
            for (var tries = 0; ; tries++)
            {
                await call.RequestStream.WriteAsync(await PaidAsync(request, offer, key, cancellationToken), cancellationToken);
                string? asked = null;
                while (asked is null && settlement is null && await call.ResponseStream.MoveNext(cancellationToken))
                {
                    var message = call.ResponseStream.Current;
                    asked = message.ErrorMessage.Length > 0 ? Refused(message, tries) : null;
                    settlement = Text(message.InferResponse, "payment_response") ?? (IsFinal(message.InferResponse) ? string.Empty : null);
                    if (asked is null)
                    {
                        yield return message.InferResponse;
                    }
                }

                if (asked is null)
                {
                    await call.RequestStream.CompleteAsync();
                    yield break;
                }

                offer = ReadOffer(asked) is { } demand ? await FollowAsync(demand, tries, cancellationToken) : null;
                _ = offer ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, "The gateway does not take the payment."));
            }
        }
        finally
        {
            await SettleAsync(offer, key, settlement);
        }
    }

    private async Task<Metadata> HeadersAsync(PaymentRequirements? offer, string key, string? idempotencyKey, CancellationToken cancellation)
    {
        var headers = new Metadata();
        if (idempotencyKey is not null)
        {
            headers.Add("idempotency-key", idempotencyKey);
        }

        if (offer is not null)
        {
            headers.Add(Signature, X402Header.Encode(await payer.PayAsync(offer, key, cancellation)));
        }

        return headers;
    }

    private async Task<ModelInferRequest> PaidAsync(ModelInferRequest request, PaymentRequirements? offer, string key, CancellationToken cancellation)
    {
        var paid = request.Clone();
        if (offer is not null)
        {
            paid.Parameters["payment_signature"] = new InferParameter { StringParam = X402Header.Encode(await payer.PayAsync(offer, key, cancellation)) };
        }

        return paid;
    }

    // A second demand is followed only when it corrects our books.
    private async Task<PaymentRequirements?> FollowAsync(PaymentRequirements asked, int tries, CancellationToken cancellation)
    {
        if (asked.Extra.ChannelState is { } view)
        {
            await payer.CorrectAsync(payer.Channel(asked), view, asked.Extra.VoucherState, cancellation);
            return asked;
        }

        return tries == 0 ? asked : null;
    }

    private async Task<RpcException> GiveUpAsync(PaymentRequirements? offer, string key, RpcException refused)
    {
        await SettleAsync(offer, key, null);
        return refused;
    }

    private PaymentRequirements? ReadOffer(string? header) => header is null ? null
        : payer.Choose(X402Header.Decode<PaymentRequired>(header, out var problem)
            ?? throw new PaymentException($"The gateway asks for payment in a way that cannot be read: {problem}."));

    private Task SettleAsync(PaymentRequirements? offer, string key, string? settlement) => offer is null
        ? Task.CompletedTask
        : payer.SettleAsync(payer.Channel(offer), key, settlement is { Length: > 0 } ? X402Header.Decode<SettlementResponse>(settlement, out _)?.Extra : null);

    private static string Refused(ModelStreamInferResponse message, int tries) =>
        tries <= PayingHandler.MaxCorrections && Text(message.InferResponse, "payment_required") is { } asked
            ? asked
            : throw new RpcException(new Status(StatusCode.Unknown, message.ErrorMessage));

    private static string? Text(ModelInferResponse response, string name) => response.Parameters.TryGetValue(name, out var value) ? value.StringParam : null;

    private static bool IsFinal(ModelInferResponse response) => response.Parameters.TryGetValue("triton_final_response", out var value) && value.BoolParam;

    private static string NewKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
