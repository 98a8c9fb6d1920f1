namespace Dapr;

/// <summary>Thrown when a Dapr operation fails; the inner exception says what the sidecar answered.</summary>
public class DaprException : Exception
{
    /// <summary>Creates the exception with a message.</summary>
    public DaprException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public DaprException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
