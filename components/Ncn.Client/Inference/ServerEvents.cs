using System.Runtime.CompilerServices;

namespace Ncn.Client.Inference;

/// <summary>The data of server-sent events, up to [DONE]; a null at the end when the stream broke off before it.</summary>
internal static class ServerEvents
{
    private const string DataPrefix = "data:";

    /// <summary>What to say of a stream that broke off.</summary>
    public const string BrokenOff = "The stream broke off before its end; what was delivered may be incomplete.";

    public static async IAsyncEnumerable<string?> ReadAsync(Stream events, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(events);
        while (await reader.ReadLineAsync(cancellation) is { } line)
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
}
