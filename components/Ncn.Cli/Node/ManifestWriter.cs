using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Cli.Node;

/// <summary>Writes a model's manifest: what it is, the digest of every file, price and limits (compute-worker/models/README.md, "Layout").</summary>
internal static class ManifestWriter
{
    private const string FileName = "ncn-model.json";
    private const string DecoderConfig = "genai_config.json";
    private static readonly JsonSerializerOptions Json = new(ProtocolJson.Options) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The manifest's path.</summary>
    /// <exception cref="CliException">The folder is missing or holds no model, or the offer cannot be made.</exception>
    public static string Write(
        string folder, ModelPrice price, ManifestLimits limits, ManifestBatching? batching = null, ManifestEmbedding? embedding = null, ManifestOffer? offer = null)
    {
        var directory = new DirectoryInfo(folder);
        if (!directory.Exists || directory.Parent is null)
        {
            throw new CliException($"There is no folder {folder}.");
        }

        Check(offer);

        var manifest = new
        {
            name = directory.Parent.Name,
            version = directory.Name,
            kind = Kind(folder, embedding),
            files = Directory.EnumerateFiles(folder).Select(static file => Path.GetFileName(file)).Where(IsModelFile)
                .Order(StringComparer.Ordinal).ToDictionary(static name => name, name => Digest(Path.Combine(folder, name))),
            price,
            limits = limits with { ContextTokens = HasConfig(folder) ? limits.ContextTokens ?? ContextLength(folder) : 0 },
            batching,
            embedding,
            offer?.Quantization,
            offer?.Retention,
            offer?.Service,
        };
        var path = Path.Combine(folder, FileName);
        File.WriteAllText(path, JsonSerializer.Serialize(manifest, Json) + "\n");
        return path;
    }

    private static void Check(ManifestOffer? offer)
    {
        if (!ModelOffer.IsQuantization(offer?.Quantization ?? string.Empty))
        {
            throw new CliException("The quantization is at most 32 lower-case letters, digits, '_' and '-', such as int4.");
        }

        if (offer?.Service is { IsWellFormed: false })
        {
            throw new CliException(
                $"At most {ServiceLevel.MaxFirstTokenMilliseconds} ms and {ServiceLevel.MaxTokensPerSecond} tokens a second can be promised.");
        }
    }

    private static bool HasConfig(string folder) => File.Exists(Path.Combine(folder, DecoderConfig));

    private static string Kind(string folder, ManifestEmbedding? embedding)
    {
        if (embedding is not null)
        {
            return HasConfig(folder) && File.Exists(Path.Combine(folder, "tokenizer.json")) ? ModelOffer.Embedding
                : throw new CliException($"{folder} lacks {DecoderConfig} or tokenizer.json, which an embedding model's tokenizer needs.");
        }

        return HasConfig(folder) ? ModelOffer.Decoder
            : File.Exists(Path.Combine(folder, "model.onnx")) ? ModelOffer.Tensor
            : throw new CliException($"{folder} holds neither {DecoderConfig} (a decoder) nor model.onnx (a tensor model).");
    }

    private static bool IsModelFile(string name) =>
        name is not (FileName or "accuracy.json" or "tolerances.json")
        && !name.EndsWith(".md", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase);

    private static int ContextLength(string folder)
    {
        try
        {
            using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, DecoderConfig)));
            return config.RootElement.GetProperty("model").GetProperty("context_length").GetInt32();
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CliException($"{DecoderConfig} in {folder} does not state model.context_length.");
        }
    }

    private static Hash32 Digest(string file)
    {
        using var stream = File.OpenRead(file);
        var hash = new IncrementalKeccak256();
        var buffer = new byte[1 << 20];
        for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            hash.Append(buffer.AsSpan(0, read));
        }

        return hash.Finish();
    }
}
