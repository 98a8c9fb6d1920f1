using System.Net;
using Grpc.Core;
using Inference;
using Ncn.Payments.X402;
using Ncn.Serving.Calls;
using Ncn.Serving.Oip.Text;

namespace Ncn.Serving.Oip.Grpc;

/// <summary>x402 and idempotency over gRPC: metadata of a call, and parameters of a message in a stream of several.</summary>
internal static class GrpcCall
{
    /// <summary>Metadata of a request: a payment, base64 as in the header PAYMENT-SIGNATURE.</summary>
    public const string Payment = "payment-signature";

    /// <summary>Trailer of a refusal: what would be taken, base64 as in PAYMENT-REQUIRED.</summary>
    public const string Required = "payment-required";

    /// <summary>Trailer of an answer: what was paid, base64 as in PAYMENT-RESPONSE.</summary>
    public const string Response = "payment-response";

    /// <summary>Metadata of a request: repeats with the same key and message get the first answer.</summary>
    public const string Key = "idempotency-key";

    /// <summary>The same as parameters of one message of a stream.</summary>
    public const string PaymentParameter = "payment_signature";
    public const string RequiredParameter = "payment_required";
    public const string ResponseParameter = "payment_response";
    public const string KeyParameter = "idempotency_key";

    /// <summary>What a call says beside its message. The parameters that belong to it are taken out of the message.</summary>
    public static ClientCall Read(ServerCallContext context, ModelInferRequest request)
    {
        var watch = GrpcWatch.Of(context);
        return new ClientCall
        {
            Route = context.Method,
            ResourceUrl = $"http://{context.Host}{context.Method}",
            Payment = Take(request, PaymentParameter, X402Header.MaxLength) ?? context.RequestHeaders.GetValue(Payment),
            IdempotencyKey = Take(request, KeyParameter, maxLength: 1024) ?? context.RequestHeaders.GetValue(Key),
            Remote = watch is null ? Remote(context.Peer) : watch.Remote,
            Watch = watch,
            Gone = context.CancellationToken,
        };
    }

    /// <summary>The address in a peer such as ipv4:127.0.0.1:5000 or ipv6:[::1]:5000; null when it has none.</summary>
    internal static IPAddress? Remote(string peer)
    {
        var colon = peer.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && peer.StartsWith("ipv", StringComparison.Ordinal) && IPEndPoint.TryParse(peer.AsSpan(colon + 1), out var at) ? at.Address : null;
    }

    private static string? Take(ModelInferRequest request, string name, int maxLength)
    {
        var text = TextParameters.Text(request.Parameters, name, maxLength);
        request.Parameters.Remove(name);
        return text;
    }
}
