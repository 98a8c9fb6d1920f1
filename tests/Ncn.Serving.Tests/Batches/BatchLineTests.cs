using System.Text;
using Ncn.Serving.Batches;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Tests.Batches;

public sealed class BatchLineTests
{
    private const string Good = """{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m"}}""";

    [Fact]
    public void Lines_are_read_whatever_ends_them()
    {
        var lines = Read(Good + "\r\n\n  \n" + Good.Replace("\"a\"", "\"b\"", StringComparison.Ordinal));
        Assert.Equal(["a", "b"], lines.Select(static line => line.CustomId));
        Assert.Equal("""{"model":"m"}""", Encoding.UTF8.GetString(lines[0].Body.Span));
    }

    [Theory]
    [InlineData("", "empty_file", "no requests")]
    [InlineData("nonsense", "invalid_batch", "Line 1 of the input file cannot be read")]
    [InlineData("""{"method":"POST","url":"/v1/embeddings","body":{}}""", "invalid_batch", "has no custom_id")]
    [InlineData("""{"custom_id":"a","method":"GET","url":"/v1/embeddings","body":{}}""", "invalid_batch", "method POST")]
    [InlineData("""{"custom_id":"a","method":"POST","url":"/v1/other","body":{}}""", "invalid_batch", "url /v1/embeddings")]
    [InlineData("""{"custom_id":"a","method":"POST","url":"/v1/embeddings"}""", "invalid_batch", "must have a body")]
    [InlineData(Good + "\n\n" + Good, "invalid_batch", "Line 3 of the input file has the custom_id a of another line")]
    [InlineData(Good + "\n" + "{\"custom_id\":\"b\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{}}\n{\"custom_id\":\"c\"}", "invalid_batch", "at most 2 requests")]
    public void The_first_line_that_is_no_good_is_named(string file, string code, string problem)
    {
        var refused = Assert.Throws<ApiException>(() => Read(file));
        Assert.Equal((code, "input_file_id"), (refused.Error.Code, refused.Error.Parameter));
        Assert.Contains(problem, refused.Error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<BatchLine> Read(string file) => BatchLine.ReadAll(Encoding.UTF8.GetBytes(file), "/v1/embeddings", maxLines: 2, maxLineBytes: 1024);
}
