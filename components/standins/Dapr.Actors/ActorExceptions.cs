namespace Dapr.Actors;

/// <summary>What the called actor threw, as far as it travels: type name and message.</summary>
public class ActorInvokeException : Exception
{
    /// <summary>Creates an empty exception.</summary>
    public ActorInvokeException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public ActorInvokeException(string actualExceptionType, string message) : base(message) => ActualExceptionType = actualExceptionType;

    /// <summary>Full name of the type that the actor threw, or null.</summary>
    public string? ActualExceptionType { get; }
}

/// <summary>Thrown to the caller of an actor method that threw; the inner exception is an <see cref="ActorInvokeException"/>.</summary>
public class ActorMethodInvocationException : DaprApiException
{
    /// <summary>Creates an empty, permanent error.</summary>
    public ActorMethodInvocationException()
    {
    }

    /// <summary>Creates the error.</summary>
    public ActorMethodInvocationException(string message, bool isTransient) : base(message, null, isTransient)
    {
    }

    /// <summary>Creates the error with what the actor threw.</summary>
    public ActorMethodInvocationException(string message, Exception innerException, bool isTransient)
        : base(message, innerException, null, isTransient)
    {
    }
}
