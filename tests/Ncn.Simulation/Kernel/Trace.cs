using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Ncn.Simulation.Kernel;

/// <summary>What happened, in plain words. Only a recording world writes it; the hash of all events is always there.</summary>
public sealed class Trace
{
    private const int MaxLines = 100_000;
    private readonly List<string> _lines = [];

    /// <summary>Whether words are kept.</summary>
    public bool IsOn { get; init; }

    /// <summary>One number for everything that happened so far: equal only for equal runs.</summary>
    public ulong Hash { get; private set; }

    /// <summary>The words so far.</summary>
    public IReadOnlyList<string> Lines => _lines;

    internal void Count(ulong what) => Hash = Mix.Of(Hash, what);

    internal void Write(ulong milliseconds, string who, string text)
    {
        if (_lines.Count < MaxLines)
        {
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"+{milliseconds / 1000}.{milliseconds % 1000:000} s  {who}: {text}"));
        }
    }
}

/// <summary>Text that is put together only when somebody reads it.</summary>
[InterpolatedStringHandler]
public readonly ref struct SayText
{
    private readonly StringBuilder? _text;

    public SayText(int literalLength, int formattedCount, Process process, out bool isWanted)
    {
        ArgumentNullException.ThrowIfNull(process);
        isWanted = process.World.Trace.IsOn;
        _text = isWanted ? new StringBuilder(literalLength + (8 * formattedCount)) : null;
    }

    public void AppendLiteral(string value) => _text!.Append(value);

    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

    internal string? Text => _text?.ToString();
}
