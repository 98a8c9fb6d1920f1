namespace Ncn.ComputeWorker.OpenInference;

/// <summary>A call over REST, by its path: which it is, of which model, and by which methods.</summary>
internal sealed record InferenceRoute(InferenceCall Call, string Model, string? Version, string[] Methods)
{
    private static readonly string[] Get = [HttpMethods.Get];
    private static readonly string[] Post = [HttpMethods.Post];

    /// <summary>Health is answered without the operator's token.</summary>
    public bool IsOpen => Call is InferenceCall.Live or InferenceCall.Ready;

    /// <summary>The call that a path below /v2 names; null for none.</summary>
    public static InferenceRoute? Of(PathString path) => (path.Value ?? "").Split('/') is not ["", "v2", .. var rest] ? null : rest switch
    {
        [] or [""] => new(InferenceCall.Server, "", null, Get),
        ["health", "live"] => new(InferenceCall.Live, "", null, Get),
        ["health", "ready"] => new(InferenceCall.Ready, "", null, Get),
        ["models", var model] => new(InferenceCall.Model, model, null, Get),
        ["models", var model, "ready"] => new(InferenceCall.ModelReady, model, null, Get),
        ["models", var model, "infer"] => new(InferenceCall.Infer, model, null, Post),
        ["models", var model, "versions", var version] => new(InferenceCall.Model, model, version, Get),
        ["models", var model, "versions", var version, "ready"] => new(InferenceCall.ModelReady, model, version, Get),
        ["models", var model, "versions", var version, "infer"] => new(InferenceCall.Infer, model, version, Post),
        ["repository", "index"] => new(InferenceCall.Index, "", null, [HttpMethods.Post, HttpMethods.Get]),
        ["repository", "models", var model, "load"] => new(InferenceCall.Load, model, null, Post),
        ["repository", "models", var model, "unload"] => new(InferenceCall.Unload, model, null, Post),
        _ => null,
    };
}

/// <summary>The protocol's calls.</summary>
internal enum InferenceCall
{
    Live,
    Ready,
    Server,
    Model,
    ModelReady,
    Infer,
    Index,
    Load,
    Unload,
}
