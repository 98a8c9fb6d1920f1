using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Verification.Checks;

/// <summary>How far honest machines were measured to be apart with one model: its <c>tolerances.json</c>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Pairs">At most one for each pair of execution providers.</param>
public sealed record ModelTolerances(string Model, string Version, IReadOnlyList<PairTolerance> Pairs)
{
    /// <summary>The file's name, beside the model's manifest.</summary>
    public const string FileName = "tolerances.json";

    /// <summary>Largest file that is read, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxPairs = 16;
    private const int MaxOutputs = 256;

    /// <summary>Reads the file's text; null, with what is wrong, when it is none.</summary>
    public static ModelTolerances? Parse(string json, out string? problem)
    {
        try
        {
            ModelTolerances? read = JsonSerializer.Deserialize<ModelTolerances>(json, ProtocolJson.Strict);
            problem = read is null ? "it is null" : read.Problem();
            return problem is null ? read : null;
        }
        catch (JsonException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    private string? Problem() =>
        Pairs.Count > MaxPairs || Pairs.Any(static pair => pair is null || pair.Outputs.Count > MaxOutputs || pair.Outputs.Any(static output => output is null))
            ? $"it has more than {MaxPairs} pairs, {MaxOutputs} outputs in one, or an empty one"
        : Pairs.DistinctBy(static pair => (pair.Stated, pair.Found)).Count() < Pairs.Count ? "a pair of execution providers comes twice"
        : Pairs.Any(static pair => !pair.IsInRange) ? "a tolerance is negative or beyond all reason"
        : null;
}

/// <summary>Tolerances for answers of one execution provider that are re-run on another, or on the same.</summary>
/// <param name="Stated">What the node ran on: CPU or CUDA.</param>
/// <param name="Found">What the re-run ran on.</param>
/// <param name="Samples">Answers that were measured.</param>
public sealed record PairTolerance(string Stated, string Found, long Samples)
{
    private const long Most = 1_000_000_000_000;

    /// <summary>For answers of tokens; null for other models.</summary>
    public TextTolerance? Text { get; init; }

    /// <summary>For each output of a tensor or embedding model.</summary>
    public IReadOnlyList<OutputTolerance> Outputs { get; init; } = [];

    internal bool IsInRange =>
        (Text is not { } text || (text.Logprob is >= 0 and <= Most && text.Margin is >= 0 and <= Most && text.DoubtsPerMillion is >= 0 and <= 1_000_000))
        && Outputs.All(static output => output.Absolute is >= 0 and <= Most && output.Relative is >= 0 and <= Most);
}

/// <summary>How far an honest answer of tokens may be from its re-run.</summary>
/// <param name="Logprob">Largest difference of a log-probability, in 1/4096 nat.</param>
/// <param name="Margin">Largest error of the logits by which a token may be explained, in 1/1,048,576 nat.</param>
/// <param name="DoubtsPerMillion">Tokens in a million that may need such an explanation; one in each answer may besides.</param>
public sealed record TextTolerance(long Logprob, long Margin, long DoubtsPerMillion)
{
    /// <summary>Doubts that an answer of so many tokens may have.</summary>
    public long DoubtsIn(long tokens) => 1 + (((tokens * DoubtsPerMillion) + 999_999) / 1_000_000);
}

/// <summary>How far an honest output may be from its re-run: |stated - found| ≤ Absolute + Relative × |found|. Values that are no numbers must be equal.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Absolute">In 1e-9.</param>
/// <param name="Relative">In 1e-9.</param>
public sealed record OutputTolerance(string Name, long Absolute, long Relative);
