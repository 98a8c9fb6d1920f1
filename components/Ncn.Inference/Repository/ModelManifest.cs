using System.Text.Json;
using System.Text.RegularExpressions;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>What a model takes at most.</summary>
/// <param name="ContextTokens">Decoders: prompt and completion together, in tokens. 0 for tensor models.</param>
/// <param name="MaxBatch">Tensor models: rows in one request.</param>
/// <param name="MaxInputBytes">Bytes of one request's input.</param>
public sealed record ModelLimits(int ContextTokens, int MaxBatch, int MaxInputBytes);

/// <summary>A model's <c>ncn-model.json</c>: what it is called, what it consists of, what it costs.</summary>
/// <param name="Name">Lower-case letters, digits, '.', '_' and '-'; at most 64 characters.</param>
/// <param name="Version">The same characters.</param>
/// <param name="Kind">"decoder" (an ONNX Runtime GenAI folder) or "tensor" (one ONNX model).</param>
/// <param name="Files">Each file that the model is loaded from, relative to the manifest, with its keccak-256.</param>
/// <param name="Price">What its use costs.</param>
/// <param name="Limits">What it takes at most.</param>
public sealed partial record ModelManifest(
    string Name, string Version, string Kind, IReadOnlyDictionary<string, Hash32> Files, ModelPrice Price, ModelLimits Limits)
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "ncn-model.json";

    private const long MaxBytes = 1 << 20;

    /// <summary>Reads and checks the manifest in a model's folder.</summary>
    /// <exception cref="InvalidDataException">It is too large, no JSON, or says something that cannot be; the message says what.</exception>
    public static ModelManifest Read(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists || file.Length > MaxBytes)
        {
            throw new InvalidDataException($"{FileName} is missing or larger than {MaxBytes} bytes");
        }

        try
        {
            var manifest = JsonSerializer.Deserialize<ModelManifest>(File.ReadAllBytes(file.FullName), ProtocolJson.Options)
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

        if (Kind is not (ModelOffer.Decoder or ModelOffer.Tensor))
        {
            return $"kind must be \"{ModelOffer.Decoder}\" or \"{ModelOffer.Tensor}\"";
        }

        return Price is null || Limits is null ? "price and limits are needed" : FilesProblem() ?? LimitsProblem();
    }

    private string? FilesProblem()
    {
        if (Files is null || Files.Count == 0)
        {
            return "files must name at least one file";
        }

        if (Files.Keys.FirstOrDefault(path => !StaysInside(path)) is { } stray)
        {
            return $"the path '{stray}' must be relative, with '/', and stay inside the model's folder";
        }

        return Kind == ModelOffer.Decoder && !Files.ContainsKey("genai_config.json") ? "a decoder's files must include genai_config.json" : null;
    }

    private string? LimitsProblem()
    {
        bool sized = Limits.MaxInputBytes > 0 && (Kind == ModelOffer.Decoder ? Limits.ContextTokens > 0 : Limits.MaxBatch > 0);
        return sized ? null : "limits need maxInputBytes above 0, and contextTokens (decoder) or maxBatch (tensor) above 0";
    }

    private static bool StaysInside(string path) =>
        path.Length > 0 && !path.Contains('\\', StringComparison.Ordinal) && !Path.IsPathRooted(path)
        && path.Split('/').All(part => part is not ("" or "." or ".."));

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$")]
    private static partial Regex Word();
}
