namespace Ncn.Inference;

/// <summary>Why an inference was not run, or broke off.</summary>
public enum InferenceFault
{
    /// <summary>The request does not fit the model: names, shapes, types, sampling options. Asking again unchanged cannot help.</summary>
    InvalidRequest,

    /// <summary>Prompt and answer together are longer than the model's context.</summary>
    ContextTooLong,

    /// <summary>No model of that name and version is loaded here.</summary>
    UnknownModel,

    /// <summary>All slots are taken and the queue is full; another node, or a later try, can help.</summary>
    Busy,

    /// <summary>The model is being unloaded.</summary>
    Stopping,

    /// <summary>The model itself failed; the operator has to look at it.</summary>
    ModelFailed,
}

/// <summary>A request that was not served. The message is written for the caller and holds no paths and no secrets.</summary>
public sealed class InferenceException(InferenceFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of failure, for mapping to a protocol's codes.</summary>
    public InferenceFault Fault { get; } = fault;

    /// <summary>A request that the caller has to change.</summary>
    public static InferenceException Invalid(string message) => new(InferenceFault.InvalidRequest, message);
}
