using System.Text.Json;

namespace Ncn.Simulation.Running;

/// <summary>A run that can be made again: the same on every machine.</summary>
/// <param name="Mutation">The planted fault; empty for none.</param>
/// <param name="Kept">The decisions that happened; null for all of the seed.</param>
/// <param name="Invariant">What it broke.</param>
public sealed record ReplayFile(ulong Seed, long Steps, string Mutation, IReadOnlyList<ulong>? Kept, string Invariant)
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is not a run's file.</exception>
    public static ReplayFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ReplayFile>(File.ReadAllText(path), Form) is { Invariant: not null, Mutation: not null } file
                ? file
                : throw new FormatException($"{path} is not a file of a run.");
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path} cannot be read as a file of a run: {problem.Message}", problem);
        }
    }

    /// <summary>Writes the file, its folder included.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, Form));
    }
}
