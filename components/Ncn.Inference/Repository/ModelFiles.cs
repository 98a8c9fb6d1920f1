using System.Text;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Inference.Repository;

/// <summary>Hashes a model's files, and derives the digest of what is loaded.</summary>
/// <remarks>
/// modelDigest = keccak256( for each file in ordinal order of its path: keccak256(UTF-8 path) ‖ keccak256(content),
/// then keccak256(UTF-8 runtime) ‖ keccak256(UTF-8 execution provider) ).
/// </remarks>
public static class ModelFiles
{
    private const int BufferBytes = 1 << 20;
    private const string TolerancesName = "tolerances.json";
    private const int MaxTolerancesBytes = 64 * 1024;

    /// <summary>The digest under which a model is offered and called.</summary>
    public static ModelDigest Digest(ModelManifest manifest, string runtime, string executionProvider)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var hash = new IncrementalKeccak256();
        foreach ((string path, Hash32 content) in manifest.Files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            hash.Append(TextHash(path));
            hash.Append(content.ToArray());
        }

        hash.Append(TextHash(runtime));
        hash.Append(TextHash(executionProvider));
        return new ModelDigest(hash.Finish());
    }

    /// <summary>keccak-256 of a file's content, read in pieces.</summary>
    public static Hash32 Digest(string file)
    {
        using FileStream stream = File.OpenRead(file);
        var hash = new IncrementalKeccak256();
        var buffer = new byte[BufferBytes];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            hash.Append(buffer.AsSpan(0, read));
        }

        return hash.Finish();
    }

    /// <summary>The text of a model's measured tolerances, which are for validators and no part of the model; empty when the folder has none.</summary>
    /// <exception cref="InvalidDataException">It is no regular file, or too large.</exception>
    internal static string ReadTolerances(string folder) =>
        File.Exists(Path.Combine(folder, TolerancesName)) ? Encoding.UTF8.GetString(RegularFile.ReadAll(folder, TolerancesName, MaxTolerancesBytes)) : "";

    /// <summary>A runtime reads more than it is told (tokenizer files, external weights): what the digest does not cover must not lie there.</summary>
    internal static void RefuseUnnamed(string folder, ModelManifest manifest)
    {
        string? stray = Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file))
            .FirstOrDefault(name => !IsDocument(name) && !manifest.Files.ContainsKey(name));
        if (stray is not null)
        {
            throw new InvalidDataException($"the file {stray} lies in the model's folder and is not named in {ModelManifest.FileName}; add its digest or move it away");
        }
    }

    private static byte[] TextHash(string text) => Keccak256.Hash(Encoding.UTF8.GetBytes(text));

    private static bool IsDocument(string name) =>
        name is ModelManifest.FileName or "accuracy.json" or TolerancesName
        || name.EndsWith(".md", StringComparison.OrdinalIgnoreCase) || name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase);
}
