using System.Text.Json;
using System.Text.RegularExpressions;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>A model's <c>ncn-model.json</c>: what it is called, what it consists of, what it costs.</summary>
/// <param name="Name">Lower-case letters, digits, '.', '_' and '-'; at most 64 characters.</param>
/// <param name="Version">The same characters.</param>
/// <param name="Kind">"decoder" (an ONNX Runtime GenAI folder), "tensor" (one ONNX model) or "embedding" (one ONNX model and its tokenizer).</param>
/// <param name="Files">Each file that the model is loaded from, relative to the manifest, with its keccak-256; at most 256.</param>
/// <param name="Price">What its use costs.</param>
/// <param name="Limits">What it takes at most.</param>
public sealed partial record ModelManifest(
    string Name, string Version, string Kind, IReadOnlyDictionary<string, Hash32> Files, ModelPrice Price, ModelLimits Limits)
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "ncn-model.json";

    internal const int MaxBytes = 1 << 20;
    private const int MaxFiles = 256;
    private const int MaxPathCharacters = 256;
    private const int ShownCharacters = 100;

    /// <summary>How requests are run together; every member is optional.</summary>
    public ModelBatching Batching { get => field ?? new ModelBatching(); init; }

    /// <summary>How vectors are made; embedding models need it, others have none.</summary>
    public ModelEmbedding? Embedding { get; init; }

    /// <summary>How the weights are stored, as <see cref="ModelOffer.Quantization"/>; empty, the default, says nothing.</summary>
    public string Quantization { get => field ?? string.Empty; init; }

    /// <summary>As <see cref="ModelOffer.Retention"/>; empty, the default, promises nothing.</summary>
    public string Retention { get => field ?? string.Empty; init; }

    /// <summary>What the operator promises for the model on this node; none by default.</summary>
    public ServiceLevel Service { get => field ?? ServiceLevel.None; init; }

    /// <summary>Reads and checks the manifest in a model's folder.</summary>
    /// <exception cref="InvalidDataException">It is missing, too large, no JSON, or says something that cannot be; the message says what.</exception>
    public static ModelManifest Read(string folder) => Parse(RegularFile.ReadAll(folder, FileName, MaxBytes));

    internal static ModelManifest Parse(byte[] json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<ModelManifest>(json, ProtocolJson.Options)
                ?? throw new InvalidDataException($"{FileName} is null");
            return manifest.Problem() is { } problem ? throw new InvalidDataException($"{FileName}: {problem}") : manifest;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{FileName} cannot be read: {exception.Message}", exception);
        }
    }

    private string? Problem()
    {
        if (Name is null || Version is null || !Word().IsMatch(Name) || !Word().IsMatch(Version))
        {
            return "name and version must be 1 to 64 lower-case letters, digits, '.', '_' or '-', beginning with a letter or digit";
        }

        if (Kind is not (ModelOffer.Decoder or ModelOffer.Tensor or ModelOffer.Embedding))
        {
            return $"kind must be \"{ModelOffer.Decoder}\", \"{ModelOffer.Tensor}\" or \"{ModelOffer.Embedding}\"";
        }

        return Price is null || Limits is null ? "price and limits are needed"
            : FilesProblem() ?? Limits.Problem(Kind) ?? Batching.Problem() ?? EmbeddingProblem() ?? OfferProblem();
    }

    private string? OfferProblem() =>
        !ModelOffer.IsQuantization(Quantization) ? "quantization must be at most 32 lower-case letters, digits, '_' and '-', such as \"int4\""
        : Retention is not ("" or ModelOffer.RetainsNothing) ? $"retention must be \"{ModelOffer.RetainsNothing}\" or left out"
        : Service.IsWellFormed ? null
        : $"service.firstTokenMilliseconds must be at most {ServiceLevel.MaxFirstTokenMilliseconds} and service.tokensPerSecond at most {ServiceLevel.MaxTokensPerSecond}";

    private string? EmbeddingProblem() => (Kind == ModelOffer.Embedding, Embedding) switch
    {
        (true, { } embedding) => embedding.Problem(),
        (true, null) => "an embedding model needs \"embedding\" with pooling, normalize and width",
        (false, null) => null,
        _ => $"\"embedding\" belongs to models of kind \"{ModelOffer.Embedding}\" only",
    };

    private string? FilesProblem()
    {
        if (Files is null || Files.Count is 0 or > MaxFiles)
        {
            return $"files must name 1 to {MaxFiles} files";
        }

        if (Files.Keys.FirstOrDefault(path => !StaysInside(path)) is { } stray)
        {
            return $"the path '{(stray.Length <= ShownCharacters ? stray : stray[..ShownCharacters] + "…")}' must be relative, with '/', and stay inside the model's folder";
        }

        return Kind == ModelOffer.Decoder && !Files.ContainsKey("genai_config.json") ? "a decoder's files must include genai_config.json" : null;
    }

    private static bool StaysInside(string path) =>
        path.Length is > 0 and <= MaxPathCharacters && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl) && !Path.IsPathRooted(path)
        && path.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Whether a text can be a model's name or version, and so a folder's.</summary>
    internal static bool IsWord(string text) => Word().IsMatch(text);

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}\\z")]
    private static partial Regex Word();
}
