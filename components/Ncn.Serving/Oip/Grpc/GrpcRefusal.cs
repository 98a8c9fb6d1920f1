using System.Globalization;
using Grpc.Core;
using Ncn.OpenInference;
using Ncn.Payments.X402;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Oip.Grpc;

/// <summary>A refusal as gRPC says it.</summary>
/// <param name="Trailers">What else the caller needs: how to pay, when to come again, the network's own code.</param>
internal sealed record GrpcRefusal(StatusCode Status, string Message, Metadata Trailers)
{
    private const string Description = "Model inference by the call";

    public RpcException ToException() => new(new Status(Status, Message), Trailers);

    /// <summary>What a failure says to the caller; null when it is a fault of ours, which the log is told instead.</summary>
    /// <param name="resource">The URL of what was asked for.</param>
    public static GrpcRefusal? From(Exception failure, string resource) => failure switch
    {
        PaymentException unpaid => Of(unpaid, resource),
        ApiException refused => Of(refused.Error),
        OpenInferenceException malformed => new GrpcRefusal(StatusCode.InvalidArgument, malformed.Message, []),
        RpcException thrown => new GrpcRefusal(thrown.StatusCode, thrown.Status.Detail, thrown.Trailers),
        _ => null,
    };

    public static GrpcRefusal Of(ApiError error)
    {
        var trailers = new Metadata { { "ncn-error-code", error.Code } };
        if (error.RetryAfterSeconds > 0)
        {
            trailers.Add("retry-after", error.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture));
        }

        return new GrpcRefusal(StatusOf(error.Status), error.Message, trailers);
    }

    // A demand that can be met: FAILED_PRECONDITION, since repeating the same call without paying would fail again.
    private static GrpcRefusal Of(PaymentException unpaid, string resource)
    {
        var trailers = new Metadata { { "ncn-error-code", unpaid.Error } };
        if (unpaid.Accepts.Count > 0)
        {
            trailers.Add(GrpcCall.Required, X402Header.Encode(
                new PaymentRequired(2, new ResourceInfo(resource, Description, "application/grpc"), unpaid.Accepts, unpaid.Error)
                {
                    Extensions = PaymentIdentifier.Announcement,
                }));
        }

        if (unpaid.Settlement is { } settlement)
        {
            trailers.Add(GrpcCall.Response, X402Header.Encode(settlement));
        }

        var status = unpaid.Status == 402 ? StatusCode.FailedPrecondition : StatusOf(unpaid.Status);
        return new GrpcRefusal(status, unpaid.Message, trailers);
    }

    internal static StatusCode StatusOf(int http) => http switch
    {
        400 or 422 => StatusCode.InvalidArgument,
        401 => StatusCode.Unauthenticated,
        402 or 412 => StatusCode.FailedPrecondition,
        403 => StatusCode.PermissionDenied,
        404 or 410 => StatusCode.NotFound,
        408 or 504 => StatusCode.DeadlineExceeded,
        409 => StatusCode.Aborted,
        413 or 429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        502 or 503 => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };
}
