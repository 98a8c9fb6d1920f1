namespace Ncn.Serving.Hosting;

/// <summary>A refusal that a client sees: what happened, to what, and what to do about it.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Machine-readable, such as model_not_found.</param>
/// <param name="Message">A sentence for a person.</param>
/// <param name="Parameter">The request member at fault, if one is.</param>
public sealed record ApiError(int Status, string Code, string Message, string? Parameter = null)
{
    /// <summary>Seconds after which a repeat is worth while; 0 when it never is.</summary>
    public int RetryAfterSeconds { get; init; }

    /// <summary>The model that no node here runs now; another gateway's may. Null for every other refusal.</summary>
    public string? Model { get; init; }

    public static ApiError BadRequest(string code, string message, string? parameter = null) => new(400, code, message, parameter);

    /// <summary>The code of a refusal because no node has room now.</summary>
    public const string NoCapacity = "no_capacity";

    /// <summary>The code of a refusal because the gateway has taken on as much as it can.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>The code of a refusal because the one node that a request is for is not there.</summary>
    public const string NodeGone = "node_gone";

    /// <summary>One key was used for two requests.</summary>
    public static ApiError KeyConflict { get; } = new(
        409, "idempotency_conflict", "This Idempotency-Key was used for a different request; use a new key.", "Idempotency-Key");

    public static ApiError NoRoom(string model) =>
        new(503, NoCapacity, $"Every node that serves {model} is busy or gone; repeat the request in a moment.") { RetryAfterSeconds = 1, Model = model };
}

/// <summary>Carries an <see cref="ApiError"/> to the edge that knows the protocol's error shape.</summary>
public sealed class ApiException : Exception
{
    public ApiException(ApiError error)
        : base(error?.Message) => Error = error ?? throw new ArgumentNullException(nameof(error));

    public ApiException()
        : this(new ApiError(500, "internal_error", "The gateway failed."))
    {
    }

    public ApiException(string message)
        : this(new ApiError(500, "internal_error", message))
    {
    }

    public ApiException(string message, Exception innerException)
        : base(message, innerException) => Error = new ApiError(500, "internal_error", message);

    public ApiError Error { get; }
}
