namespace Ncn.Serving.OpenApi;

/// <summary>The form that a route's errors have.</summary>
public enum ErrorShape
{
    /// <summary>OpenAI's: <c>{"error": {message, type, param, code}}</c>.</summary>
    OpenAi,

    /// <summary>The Open Inference Protocol's: <c>{"error": text}</c>.</summary>
    Inference,

    /// <summary>problem+json (RFC 9457).</summary>
    Problem,
}

/// <summary>One route of a gateway.</summary>
/// <param name="Method">GET, POST or DELETE.</param>
/// <param name="Path">Its path, parameters in braces.</param>
/// <param name="Operation">Its name, and the name of the function that serves it.</param>
/// <param name="Tag">The API that it belongs to.</param>
/// <param name="Summary">What it does, in a few words.</param>
public sealed record ApiRoute(string Method, string Path, string Operation, string Tag, string Summary)
{
    /// <summary>The schema of the request's body; null for none.</summary>
    public string? Request { get; init; }

    /// <summary>The media type of the request's body.</summary>
    public string RequestType { get; init; } = "application/json";

    /// <summary>The schema of the answer; null for one that is no JSON.</summary>
    public string? Response { get; init; }

    /// <summary>The media type of the answer.</summary>
    public string ResponseType { get; init; } = "application/json";

    /// <summary>The status of a good answer.</summary>
    public int Status { get; init; } = 200;

    /// <summary>The schema of a streamed answer's events; null when it does not stream.</summary>
    public string? Events { get; init; }

    /// <summary>It costs what it uses: 402 asks for payment, and the payment headers belong to it.</summary>
    public bool IsPaid { get; init; }

    /// <summary>It understands <c>Prefer: respond-async</c>: 202 then names where the answer will be.</summary>
    public bool MayAnswerLater { get; init; }

    /// <summary>The form of its errors.</summary>
    public ErrorShape Errors { get; init; } = ErrorShape.Problem;

    /// <summary>The path's parts between slashes.</summary>
    internal string[] Parts { get; } = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}
