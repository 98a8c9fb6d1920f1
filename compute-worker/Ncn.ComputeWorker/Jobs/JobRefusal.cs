using Ncn.Inference;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Why a job was not run.</summary>
public enum JobRefusalReason
{
    /// <summary>The job's or the voucher's signature does not verify.</summary>
    NotAuthentic,

    /// <summary>The voucher does not cover the job, or the escrow does not cover the voucher.</summary>
    NotCovered,

    /// <summary>The voucher's running total leaves out work that was delivered: the last receipt proves it.</summary>
    TotalTooLow,

    /// <summary>The job, the price or the input cannot be, whoever runs it.</summary>
    Invalid,

    /// <summary>The model is not loaded here.</summary>
    UnknownModel,

    /// <summary>No slot is free, or the node is stopping.</summary>
    Busy,

    /// <summary>The deadline passed.</summary>
    TooLate,

    /// <summary>The same attempt runs here, or was charged.</summary>
    Repeated,

    /// <summary>The chain could not be read, so the escrow is unknown.</summary>
    ChainUnavailable,

    /// <summary>The model failed.</summary>
    Failed,

    /// <summary>The caller may not see what it asks for.</summary>
    NotAllowed,

    /// <summary>Nothing is kept of what was asked for.</summary>
    NotKept,
}

/// <summary>A job that was refused, with words for the gateway.</summary>
public sealed class JobRefusedException(JobRefusalReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>For mapping to a protocol's codes.</summary>
    public JobRefusalReason Reason { get; } = reason;

    /// <summary>What is wrong with an invalid input, for a program: invalid_input or context_length_exceeded.</summary>
    public string Code { get; private init; } = InvalidInput;

    private const string InvalidInput = "invalid_input";

    /// <summary>The refusal that an inference failure stands for.</summary>
    public static JobRefusedException From(InferenceException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        JobRefusalReason reason = exception.Fault switch
        {
            InferenceFault.InvalidRequest or InferenceFault.ContextTooLong => JobRefusalReason.Invalid,
            InferenceFault.UnknownModel => JobRefusalReason.UnknownModel,
            InferenceFault.Busy or InferenceFault.Stopping => JobRefusalReason.Busy,
            _ => JobRefusalReason.Failed,
        };
        return new JobRefusedException(reason, exception.Message, exception)
        {
            Code = exception.Fault == InferenceFault.ContextTooLong ? "context_length_exceeded" : InvalidInput,
        };
    }
}
