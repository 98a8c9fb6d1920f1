using System.Runtime.CompilerServices;
using System.Text;

namespace Ncn.Client.Inference;

/// <summary>The data of server-sent events, up to [DONE]; a null at the end when the stream broke off before it.</summary>
internal static class ServerEvents
{
    /// <summary>Longest line, characters: more than any event has. A gateway must not fill a client's memory.</summary>
    private const int MostLine = 32 << 20;

    private const int BufferSize = 4_096;
    private const string DataPrefix = "data:";

    /// <summary>What to say of a stream that broke off.</summary>
    public const string BrokenOff = "The stream broke off before its end; what was delivered may be incomplete.";

    /// <exception cref="NcnException">A line is too long.</exception>
    public static async IAsyncEnumerable<string?> ReadAsync(Stream events, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(events);
        await foreach (var line in LinesAsync(reader, cancellation))
        {
            if (!line.StartsWith(DataPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            var data = line[DataPrefix.Length..].Trim();
            if (data == "[DONE]")
            {
                yield break;
            }

            yield return data;
        }

        yield return null;
    }

    // Between CR and LF of one end is an empty line, which means nothing here.
    private static async IAsyncEnumerable<string> LinesAsync(StreamReader reader, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (part, line) = (new char[BufferSize], new StringBuilder());
        while (await reader.ReadAsync(part, cancellation) is > 0 and var count)
        {
            for (int from = 0, end; from < count; from = end + 1)
            {
                var found = part.AsSpan(from, count - from).IndexOfAny('\r', '\n');
                end = found < 0 ? count : from + found;
                line.Append(part, from, end - from);
                if (line.Length > MostLine)
                {
                    throw new NcnException("The gateway sends an event that does not end.");
                }

                if (found >= 0)
                {
                    yield return line.ToString();
                    line.Clear();
                }
            }
        }

        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }
}
