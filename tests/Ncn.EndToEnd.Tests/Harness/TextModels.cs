using Ncn.Tests.Models;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A folder with the shipped models and one that turns texts into vectors.</summary>
internal sealed class TextModels : IDisposable
{
    /// <summary>The embedding model's name; its vectors have <see cref="Width"/> numbers.</summary>
    public const string Embedding = "tiny-embed";

    public const int Width = 16;

    public TextModels()
    {
        foreach (var model in (string[])["tiny-chat", "digits"])
        {
            Copy(System.IO.Path.Combine(Installation.Root, "compute-worker", "models", model), System.IO.Path.Combine(Path, model));
        }

        EmbeddingFolder.Write(Path, new EmbeddingShape { Width = Width }, Embedding);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("ncn-models-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
        }

        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, System.IO.Path.Combine(to, System.IO.Path.GetFileName(folder)));
        }
    }
}
