using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Providers;

namespace Ncn.Inference.Batching;

/// <summary>Opens decoders with the settings that suit one caller who runs step after step.</summary>
internal static class DecoderSessions
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Where a model that comes as bytes has the files with its weights.</summary>
    private const string FolderOfWeights = "session.model_external_initializers_file_folder_path";

    /// <summary>Opens the file as it is.</summary>
    /// <exception cref="InvalidDataException">ONNX Runtime refuses the file.</exception>
    public static InferenceSession Open(string file, InferenceOptions options)
    {
        using SessionOptions session = Settings(options);
        try
        {
            return new InferenceSession(file, session);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load {Path.GetFileName(file)}: {exception.Message}", exception);
        }
    }

    /// <summary>Opens it with <see cref="TailEdit"/>'s input; null when it cannot have that.</summary>
    public static InferenceSession? OpenWithPlaces(string file, string logits, InferenceOptions options)
    {
        using SessionOptions session = Settings(options);
        session.AddSessionConfigEntry(FolderOfWeights, Path.GetDirectoryName(Path.GetFullPath(file)));
        try
        {
            using var stream = new BufferedStream(File.OpenRead(file), BufferBytes);
            return TailEdit.Apply(stream, logits) is { } edited ? new InferenceSession(edited, session) : null;
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or InvalidDataException or IOException)
        {
            return null; // it is opened as it is, and if that fails too, this says why
        }
    }

    private static SessionOptions Settings(InferenceOptions options)
    {
        SessionOptions session = ExecutionProviders.SessionOptions(options);

        // A pattern is kept for each combination of shapes, and prompts have any length: memory would grow for ever.
        session.EnableMemoryPattern = false;
        return session;
    }
}
