namespace Dapr;

/// <summary>Thrown when the sidecar answers with an error of its own.</summary>
public class DaprApiException : DaprException
{
    private const string Unknown = "UNKNOWN";

    /// <summary>Creates an empty, permanent error.</summary>
    public DaprApiException() : this(string.Empty)
    {
    }

    /// <summary>Creates a permanent error without a code.</summary>
    public DaprApiException(string message) : this(message, null, false)
    {
    }

    /// <summary>Creates a permanent error without a code.</summary>
    public DaprApiException(string message, Exception innerException) : this(message, innerException, null, false)
    {
    }

    /// <summary>Creates an error with a code.</summary>
    public DaprApiException(string message, string? errorCode, bool isTransient) : base(message)
    {
        ErrorCode = errorCode ?? Unknown;
        IsTransient = isTransient;
    }

    /// <summary>Creates an error with a code and a cause.</summary>
    public DaprApiException(string message, Exception? inner, string? errorCode, bool isTransient) : base(message, inner!)
    {
        ErrorCode = errorCode ?? Unknown;
        IsTransient = isTransient;
    }

    /// <summary>Dapr's error code, such as ERR_ACTOR_INSTANCE_MISSING, or UNKNOWN.</summary>
    public string ErrorCode { get; }

    /// <summary>Whether a repeat may succeed.</summary>
    public bool IsTransient { get; }
}
