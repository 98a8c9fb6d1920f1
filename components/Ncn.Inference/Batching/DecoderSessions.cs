using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Providers;

namespace Ncn.Inference.Batching;

/// <summary>Opens decoders with the settings that suit one caller who runs step after step.</summary>
internal static class DecoderSessions
{
    /// <exception cref="InvalidDataException">ONNX Runtime refuses the file.</exception>
    public static InferenceSession Open(string file, InferenceOptions options)
    {
        using SessionOptions session = ExecutionProviders.SessionOptions(options);

        // A pattern is kept for each combination of shapes, and prompts have any length: memory would grow for ever.
        session.EnableMemoryPattern = false;
        try
        {
            return new InferenceSession(file, session);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load {Path.GetFileName(file)}: {exception.Message}", exception);
        }
    }
}
