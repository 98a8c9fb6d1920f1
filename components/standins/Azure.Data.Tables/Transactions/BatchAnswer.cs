using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>The answer to one action, out of the multipart answer to a batch.</summary>
internal sealed partial class BatchAnswer : Response
{
    private readonly List<HttpHeader> headers;

    private BatchAnswer(int status, string reason, List<HttpHeader> headers, string body)
    {
        (Status, ReasonPhrase, this.headers) = (status, reason, headers);
        ContentStream = new MemoryStream(Encoding.UTF8.GetBytes(body));
    }

    public override int Status { get; }

    public override string ReasonPhrase { get; }

    public override Stream? ContentStream { get; set; }

    public override string ClientRequestId { get; set; } = "";

    /// <exception cref="RequestFailedException">The answer to the batch has no answer to any action.</exception>
    public static IReadOnlyList<Response> Read(Response batch)
    {
        var text = batch.Content.ToString();
        var starts = StatusLine().Matches(text).ToArray();
        var answers = starts.Select((start, index) => Parse(text[start.Index..(index + 1 < starts.Length ? starts[index + 1].Index : text.Length)], start)).ToArray();
        return answers.Length > 0 ? answers : throw new RequestFailedException(batch);
    }

    public override void Dispose() => ContentStream?.Dispose();

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
    {
        value = headers.FirstOrDefault(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        return value is not null;
    }

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = TryGetHeader(name, out var value) ? [value] : null;
        return values is not null;
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => headers;

    private static BatchAnswer Parse(string part, Match start)
    {
        var ends = Blank().Match(part);
        var head = ends.Success ? part[..ends.Index] : part;
        var rest = ends.Success ? part[(ends.Index + ends.Length)..] : "";
        var boundary = Boundary().Match(rest);
        var headers = head.Split('\n').Skip(1).Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .Select(pair => new HttpHeader(pair[0].Trim(), pair[1].Trim())).ToList();
        var status = int.Parse(start.Groups["status"].ValueSpan, CultureInfo.InvariantCulture);
        return new BatchAnswer(status, start.Groups["reason"].Value.Trim(), headers, boundary.Success ? rest[..boundary.Index] : rest);
    }

    [GeneratedRegex(@"^HTTP/1\.1 (?<status>\d{3})(?<reason>[^\n]*)", RegexOptions.Multiline)]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"\r?\n\r?\n")]
    private static partial Regex Blank();

    [GeneratedRegex(@"^--(changesetresponse|batchresponse|changeset|batch)_", RegexOptions.Multiline)]
    private static partial Regex Boundary();
}
