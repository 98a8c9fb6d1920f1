using System.Text.Json;

namespace Ncn.Inference.Repository.Inspection;

/// <summary>What a <c>genai_config.json</c> would have a runtime do, as far as it can do harm.</summary>
/// <param name="ContextTokens">model.context_length.</param>
/// <param name="Layers">model.decoder.num_hidden_layers.</param>
/// <param name="KeyValueHeads">model.decoder.num_key_value_heads.</param>
/// <param name="HeadSize">model.decoder.head_size.</param>
internal sealed record GenAiConfig(int ContextTokens, int Layers, int KeyValueHeads, int HeadSize)
{
    public const string FileName = "genai_config.json";

    private const int MaxBytes = 1 << 20;
    private const int MaxContext = 1 << 24;
    private const int MaxVocabulary = 1 << 24;
    private const int MaxLayers = 1024;
    private const int MaxHeads = 4096;
    private const int MaxHeadSize = 8192;

    /// <summary>Settings that load code or write files.</summary>
    private static readonly string[] Forbidden =
        ["custom_ops_library", "enable_profiling", "backend_path", "library_path", "ep_library_path", "optimized_model_filepath", "profile_file_prefix"];

    /// <summary>Least bytes of one cached number: half precision.</summary>
    private const int NumberBytes = 2;

    /// <exception cref="InvalidDataException">A member is missing, of another type or out of all proportion, or names code or files outside the model.</exception>
    public static GenAiConfig Read(string folder, IEnumerable<string> files)
    {
        byte[] content = RegularFile.ReadAll(folder, FileName, MaxBytes);
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            CheckMembers(document.RootElement, files.ToHashSet(StringComparer.Ordinal));
            JsonElement model = document.RootElement.GetProperty("model");
            _ = Number(model, "vocab_size", MaxVocabulary);
            int context = Number(model, "context_length", MaxContext);
            return model.TryGetProperty("decoder", out JsonElement decoder)
                ? new GenAiConfig(
                    context, Number(decoder, "num_hidden_layers", MaxLayers), Number(decoder, "num_key_value_heads", MaxHeads), Number(decoder, "head_size", MaxHeadSize))
                : new GenAiConfig(context, 0, 0, 0);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{FileName} cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>The key-value cache of all slots must fit what the operator set aside.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public void CheckMemory(ModelManifest manifest, InferenceOptions options)
    {
        long slots = manifest.Batching.Slots ?? options.Slots;
        long context = Math.Min(ContextTokens, manifest.Limits.ContextTokens);
        UInt128 bytes = (UInt128)slots * (ulong)context * (ulong)Layers * (ulong)KeyValueHeads * (ulong)HeadSize * 2 * NumberBytes;
        if (bytes > (UInt128)options.KvCacheMegabytes << 20)
        {
            throw new InvalidDataException(
                $"its key-value cache needs at least {bytes >> 20} MiB ({slots} slots of {context} tokens), and {nameof(options.KvCacheMegabytes)} allows "
                + $"{options.KvCacheMegabytes}; lower batching.slots or limits.contextTokens in {ModelManifest.FileName}, or raise the setting");
        }
    }

    private static int Number(JsonElement parent, string name, int most)
    {
        JsonElement element = parent.GetProperty(name);
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= 1 && value <= most
            ? value
            : throw new FormatException($"{name} is {Shown(element)}, and must be a whole number from 1 to {most}");
    }

    private static string Shown(JsonElement element)
    {
        string text = element.GetRawText();
        return text.Length <= 40 ? text : text[..40] + "…";
    }

    private static void CheckMembers(JsonElement element, HashSet<string> files)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                CheckMembers(item, files);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in element.EnumerateObject())
            {
                CheckMember(member, files);
                CheckMembers(member.Value, files);
            }
        }
    }

    private static void CheckMember(JsonProperty member, HashSet<string> files)
    {
        if (Forbidden.Contains(member.Name, StringComparer.OrdinalIgnoreCase))
        {
            throw new FormatException($"the setting {member.Name} loads code or writes files, and a served model may not; remove it");
        }

        bool namesFile = member.Name.EndsWith("filename", StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind == JsonValueKind.String;
        if (namesFile && member.Value.GetString() is { Length: > 0 } file && !files.Contains(file))
        {
            throw new FormatException($"{member.Name} names {Shown(member.Value)}, which is not among the files of {ModelManifest.FileName}");
        }
    }
}
