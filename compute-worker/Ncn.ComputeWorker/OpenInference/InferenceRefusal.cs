using Grpc.Core;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference;
using Ncn.OpenInference;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>A call that is refused, as both forms of the protocol say it.</summary>
internal sealed class InferenceRefusal(int httpStatus, StatusCode grpcStatus, string message, Exception? inner = null) : Exception(message, inner)
{
    private const int PayloadTooLarge = StatusCodes.Status413PayloadTooLarge;

    public int HttpStatus { get; } = httpStatus;

    public StatusCode GrpcStatus { get; } = grpcStatus;

    public static InferenceRefusal Invalid(string message, Exception? inner = null) => new(StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, message, inner);

    public static InferenceRefusal NotFound(string message) => new(StatusCodes.Status404NotFound, StatusCode.NotFound, message);

    public static InferenceRefusal TooLarge(int limit) =>
        new(PayloadTooLarge, StatusCode.ResourceExhausted, $"The request's body is larger than {limit} bytes; send a smaller one, or raise Ncn:Worker:MaxInferBytes.");

    public static InferenceRefusal TooLate(string model, double seconds) =>
        new(StatusCodes.Status503ServiceUnavailable, StatusCode.DeadlineExceeded, $"The model {model} did not answer within {seconds} seconds; send less at once.");

    /// <summary>What an exception says to the caller; null when it is a fault of this node, which its log is told instead.</summary>
    public static InferenceRefusal? From(Exception exception) => exception switch
    {
        InferenceRefusal refusal => refusal,
        OpenInferenceException malformed => Invalid(malformed.Message, malformed),
        InferenceException failure => From(JobRefusedException.From(failure).Reason, failure),
        JobRefusedException { InnerException: InferenceException failure } => From(failure),
        JobRefusedException refused => From(refused.Reason, refused),
        BadHttpRequestException { StatusCode: PayloadTooLarge } broken => new InferenceRefusal(PayloadTooLarge, StatusCode.ResourceExhausted, "The request's body is larger than this server takes.", broken),
        BadHttpRequestException broken => new InferenceRefusal(broken.StatusCode, StatusCode.InvalidArgument, "The request's body is broken, or ended before its announced length; send all of it.", broken),
        _ => null,
    };

    private static InferenceRefusal From(JobRefusalReason reason, Exception exception) => reason switch
    {
        JobRefusalReason.Invalid => Invalid(exception.Message, exception),
        JobRefusalReason.UnknownModel => new InferenceRefusal(StatusCodes.Status404NotFound, StatusCode.NotFound, exception.Message, exception),
        JobRefusalReason.Busy when exception is InferenceException { Fault: InferenceFault.Stopping } =>
            new InferenceRefusal(StatusCodes.Status503ServiceUnavailable, StatusCode.Unavailable, exception.Message, exception),
        JobRefusalReason.Busy => new InferenceRefusal(StatusCodes.Status429TooManyRequests, StatusCode.ResourceExhausted, exception.Message, exception),
        _ => new InferenceRefusal(StatusCodes.Status500InternalServerError, StatusCode.Internal, exception.Message, exception),
    };
}
