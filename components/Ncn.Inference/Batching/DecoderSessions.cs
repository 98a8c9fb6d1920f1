using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Operators;
using Ncn.Inference.Providers;
using Ncn.Inference.Repository.Inspection;

namespace Ncn.Inference.Batching;

/// <summary>Opens decoders with the settings that suit one caller who runs step after step.</summary>
internal static class DecoderSessions
{
    private const int BufferBytes = 1 << 16;

    /// <summary>A main file beyond this is left as it is: all of it is held in memory for a moment. Weights in files of their own do not count.</summary>
    private const long MaxBytes = 256 << 20;

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

    /// <summary>Opens it with <see cref="TailEdit"/> and, on the CPU, with operators of our own; null when it can have none of that.</summary>
    public static InferenceSession? OpenEdited(string file, string logits, InferenceOptions options, GraphChanges changes)
    {
        if (changes == GraphChanges.None)
        {
            return null;
        }

        using SessionOptions session = Settings(options);
        session.AddSessionConfigEntry(FolderOfWeights, Path.GetDirectoryName(Path.GetFullPath(file)));
        try
        {
            using var stream = new BufferedStream(File.OpenRead(file), BufferBytes);
            if (stream.Length > MaxBytes || OnnxGraphReader.Read(stream) is not [var graph])
            {
                return null;
            }

            var edit = new GraphEdit(stream, graph);
            if (changes.HasFlag(GraphChanges.Tail))
            {
                TailEdit.Apply(edit, logits);
            }

            if (changes.HasFlag(GraphChanges.Operators) && options.ExecutionProvider != InferenceOptions.Cuda && OwnOperators.AreThere && (AttentionEdit.Apply(edit) | GateEdit.Apply(edit)))
            {
                edit.Import(OwnOperators.Domain);
                OwnOperators.AddTo(session);
            }

            return edit.IsAny ? new InferenceSession(edit.Joined(), session) : null;
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or InvalidDataException or IOException or InvalidOperationException)
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

/// <summary>What may be changed in a decoder's graph as it is loaded.</summary>
[Flags]
internal enum GraphChanges
{
    /// <summary>It is run as it is.</summary>
    None = 0,

    /// <summary><see cref="TailEdit"/>.</summary>
    Tail = 1,

    /// <summary><see cref="AttentionEdit"/> and <see cref="GateEdit"/>.</summary>
    Operators = 2,

    /// <summary>All of it.</summary>
    All = Tail | Operators,
}
