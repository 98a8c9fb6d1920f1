using System.Text;
using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Batches;

/// <summary>One request of a batch's input file (OpenAI API reference, "The request input object").</summary>
/// <param name="Body">The request's body.</param>
public sealed record BatchLine(string CustomId, ReadOnlyMemory<byte> Body)
{
    private const int MaxIdCharacters = 512;

    /// <summary>Reads all lines of a file; an <see cref="ApiException"/> names the first that is no good.</summary>
    public static IReadOnlyList<BatchLine> ReadAll(ReadOnlyMemory<byte> file, string endpoint, int maxLines, int maxLineBytes)
    {
        var lines = new List<BatchLine>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (number, text) in Split(file))
        {
            if (lines.Count == maxLines)
            {
                throw Bad(number, $"is one too many: a batch has at most {maxLines} requests");
            }

            var line = text.Length <= maxLineBytes ? Read(text, number, endpoint) : throw Bad(number, $"is longer than {maxLineBytes} bytes");
            lines.Add(ids.Add(line.CustomId) ? line : throw Bad(number, $"has the custom_id {line.CustomId} of another line"));
        }

        return lines.Count > 0 ? lines : throw new ApiException(ApiError.BadRequest("empty_file", "The input file has no requests; send one JSON object a line.", "input_file_id"));
    }

    private static IEnumerable<(int Number, ReadOnlyMemory<byte> Text)> Split(ReadOnlyMemory<byte> file)
    {
        for (var number = 1; !file.IsEmpty; number++)
        {
            var end = file.Span.IndexOf((byte)'\n');
            var text = end < 0 ? file : file[..end];
            file = end < 0 ? default : file[(end + 1)..];
            if (text.Span.ContainsAnyExcept(" \t\r"u8))
            {
                yield return (number, text);
            }
        }
    }

    private static BatchLine Read(ReadOnlyMemory<byte> text, int number, string endpoint)
    {
        try
        {
            using var document = JsonBody.Parse(text);
            var root = document.RootElement;
            var id = JsonBody.OptionalString(root, "custom_id", MaxIdCharacters);
            return id is not { Length: > 0 } ? throw Bad(number, "has no custom_id")
                : JsonBody.OptionalString(root, "method", 16) != "POST" ? throw Bad(number, "must have the method POST")
                : JsonBody.OptionalString(root, "url", 256) != endpoint ? throw Bad(number, $"must have the url {endpoint}, as its batch")
                : !root.TryGetProperty("body", out var body) || body.ValueKind != JsonValueKind.Object ? throw Bad(number, "must have a body, which is an object")
                : new BatchLine(id, Encoding.UTF8.GetBytes(body.GetRawText()));
        }
        catch (ApiException refused) when (refused.Error.Parameter != "input_file_id")
        {
            throw Bad(number, $"cannot be read: {refused.Error.Message}");
        }
    }

    internal static ApiException Bad(int number, string problem) =>
        new(ApiError.BadRequest("invalid_batch", $"Line {number} of the input file {problem}.", "input_file_id"));
}
