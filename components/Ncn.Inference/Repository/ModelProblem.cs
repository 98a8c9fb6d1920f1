using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace Ncn.Inference.Repository;

/// <summary>Puts a model's failure into words for its operator.</summary>
internal static class ModelProblem
{
    private const int MaxCharacters = 1000;

    /// <param name="exception">What happened while it was loaded.</param>
    /// <param name="folders">Folders whose paths say nothing to the operator, with a separator at the end.</param>
    public static string Of(Exception exception, params string[] folders)
    {
        string words = exception switch
        {
            InvalidDataException or InferenceException => exception.Message,
            OnnxRuntimeException => $"ONNX Runtime cannot use the model: {exception.Message}",
            OnnxRuntimeGenAIException => $"ONNX Runtime GenAI cannot use the model: {exception.Message}",
            OutOfMemoryException => "it needs more memory than there is",
            UnauthorizedAccessException => $"it may not be read by this process: {exception.Message}",
            IOException => $"its files cannot be read, or not be copied to be verified: {exception.Message}",
            _ => $"it cannot be loaded: {exception.GetType().Name}: {exception.Message}",
        };
        string clean = folders.Where(folder => folder.Length > 0).Aggregate(words, static (text, folder) => text.Replace(folder, "", StringComparison.Ordinal));
        return Readable(clean);
    }

    /// <summary>Names and texts of a hostile model can come up in messages: no control characters, no novels.</summary>
    private static string Readable(string words)
    {
        string line = string.Concat(words.Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
        return line.Length <= MaxCharacters ? line : line[..MaxCharacters] + "…";
    }
}
