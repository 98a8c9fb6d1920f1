namespace Ncn.OpenInference;

/// <summary>A request that is none of the Open Inference Protocol's. The message is written for the caller: HTTP 400, gRPC INVALID_ARGUMENT.</summary>
public sealed class OpenInferenceException : Exception
{
    public OpenInferenceException(string message)
        : base(message)
    {
    }

    public OpenInferenceException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public OpenInferenceException()
        : this("The request is not one of the Open Inference Protocol.")
    {
    }
}
