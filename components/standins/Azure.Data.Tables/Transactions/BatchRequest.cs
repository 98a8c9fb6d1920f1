using System.Buffers;
using System.Text;

namespace Azure.Data.Tables;

internal sealed record BatchPart(string Method, string Address, ETag? IfMatch, ReadOnlyMemory<byte>? Body);

/// <summary>An OData batch of one change set, as multipart/mixed text.</summary>
internal sealed class BatchRequest
{
    private readonly ArrayBufferWriter<byte> body = new();
    private readonly string batch = $"batch_{Guid.NewGuid()}";
    private readonly string changes = $"changeset_{Guid.NewGuid()}";

    public BatchRequest() => Write($"--{batch}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n\r\n");

    public string ContentType => $"multipart/mixed; boundary={batch}";

    public void Add(BatchPart part)
    {
        Write($"--{changes}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{part.Method} {part.Address} HTTP/1.1\r\n");
        Write($"Accept: {TableChannel.JsonType}\r\nDataServiceVersion: 3.0;\r\n");
        if (part.Method == "POST")
        {
            Write("Prefer: return-no-content\r\n");
        }

        if (part.IfMatch is { } tag)
        {
            Write($"If-Match: {tag.ToString("H")}\r\n");
        }

        if (part.Body is { } content)
        {
            Write("Content-Type: application/json\r\n\r\n");
            body.Write(content.Span);
        }

        Write("\r\n");
    }

    public ReadOnlyMemory<byte> Finish()
    {
        Write($"--{changes}--\r\n\r\n--{batch}--\r\n");
        return body.WrittenMemory;
    }

    private void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));
}
