using System.Text;
using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Tests.Streaming.Frames;

public sealed class FrameReaderTests
{
    private const string Request = "0x1111111111111111111111111111111111111111111111111111111111111111";

    [Fact]
    public void A_request_is_read_with_its_body_byte_for_byte()
    {
        var call = Assert.IsType<ClientFrame.Call>(Read("""
            {"id":"a","type":"request","path":"/v1/chat/completions?x=1","headers":{"Idempotency-Key":"k"},"body":{ "model" : "m","n":1.0 },"later":[1,{"a":2}]}
            """));
        Assert.Equal(("a", "POST", "/v1/chat/completions", "?x=1"), (call.Id, call.Method, call.Path, call.Query));
        Assert.Equal("""{ "model" : "m","n":1.0 }""", Encoding.UTF8.GetString(call.Body.Span));
        Assert.Equal([new("Idempotency-Key", "k")], call.Headers);
    }

    [Fact]
    public void A_payment_may_be_an_object_or_the_header_s_text()
    {
        var asObject = Assert.IsType<ClientFrame.Voucher>(Read("""{"id":"a","type":"voucher","payment":{"x402Version":2}}"""));
        var asText = Assert.IsType<ClientFrame.Voucher>(Read("""{"type":"voucher","payment":"eyJ4NDAyVmVyc2lvbiI6Mn0=","id":"a"}"""));
        Assert.Equal(asText, asObject);
        var call = Assert.IsType<ClientFrame.Call>(Read("""{"id":"a","type":"request","path":"/v1/x","payment":{"x402Version":2},"bodyBase64":"AAE="}"""));
        Assert.Equal([new("PAYMENT-SIGNATURE", asText.Payment)], call.Headers);
        Assert.Equal([0, 1], call.Body.ToArray());
    }

    [Fact]
    public void A_resume_asks_for_the_rest_of_a_request()
    {
        var call = Assert.IsType<ClientFrame.Call>(Read($$"""{"id":"b","type":"resume","request":"{{Request}}","after":12}"""));
        Assert.Equal(("GET", $"/v1/requests/{Request}/events"), (call.Method, call.Path));
        Assert.Equal([new("Last-Event-ID", Request + ":12")], call.Headers);
    }

    [Fact]
    public void A_cancel_and_a_ping_are_read()
    {
        Assert.Equal(new ClientFrame.Cancel("a"), Read("""{"id":"a","type":"cancel"}"""));
        Assert.Equal(new ClientFrame.Ping(null), Read("""{"type":"ping"}"""));
    }

    [Theory]
    [InlineData("", null, "not valid JSON")]
    [InlineData("[]", null, "must be a JSON object")]
    [InlineData("{\"id\":\"a\"", "a", "not valid JSON")]
    [InlineData("{\"id\":\"a\",\"type\":\"cancel\"} x", "a", "not valid JSON")]
    [InlineData("{\"type\":\"cancel\"}", null, "id is missing")]
    [InlineData("{\"id\":7,\"type\":\"cancel\"}", null, "id must be a string")]
    [InlineData("{\"id\":\"\",\"type\":\"cancel\"}", null, "1 to 64")]
    [InlineData("{\"id\":\"a\"}", "a", "type is missing")]
    [InlineData("{\"id\":\"a\",\"type\":\"dance\"}", "a", "type must be")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\"}", "a", "path must begin")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"v1/x\"}", "a", "path must begin")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1/x y\"}", "a", "path must begin")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\",\"method\":\"TRACE\"}", "a", "method must be")]
    [InlineData("{\"id\":\"a\",\"id\":\"b\",\"type\":\"cancel\"}", "b", "comes twice")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\",\"body\":{},\"bodyBase64\":\"\"}", "a", "either body or bodyBase64")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\",\"bodyBase64\":\"%\"}", "a", "base64")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\",\"headers\":[]}", "a", "headers must be an object")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\",\"headers\":{\"Host\":\"evil\"}}", "a", "header Host cannot be sent")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\",\"headers\":{\"Prefer\":\"a\\r\\nb\"}}", "a", "other than visible ASCII")]
    [InlineData("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\",\"headers\":{\"Prefer\":\"a\",\"prefer\":\"b\"}}", "a", "comes twice")]
    [InlineData("{\"id\":\"a\",\"type\":\"voucher\"}", "a", "payment is missing")]
    [InlineData("{\"id\":\"a\",\"type\":\"resume\",\"request\":\"0x12\"}", "a", "request must be")]
    [InlineData("{\"id\":\"a\",\"type\":\"resume\",\"request\":\"x\",\"after\":-1}", "a", "after must be")]
    [InlineData("{\"id\":\"\\ud800\",\"type\":\"cancel\"}", null, "surrogate")]
    public void A_frame_that_is_none_says_why(string text, string? id, string problem)
    {
        Assert.Null(FrameReader.Read(Encoding.UTF8.GetBytes(text), out var found));
        Assert.Equal((id, 400, "invalid_frame"), (found!.Id, found.Status, found.Code));
        Assert.Contains(problem, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_levels_are_refused_and_thirty_two_in_a_body_are_not()
    {
        Assert.Null(FrameReader.Read(Encoding.UTF8.GetBytes(Nested(10_000)), out var problem));
        Assert.Contains("33 levels", problem!.Message, StringComparison.Ordinal);
        Assert.IsType<ClientFrame.Call>(Read(Nested(32)));
        Assert.Null(FrameReader.Read(Encoding.UTF8.GetBytes(Nested(33)), out _));
    }

    [Fact]
    public void Too_many_headers_are_refused()
    {
        var headers = string.Join(',', Enumerable.Range(0, FrameHeaders.MaxCount + 1).Select(static index => $"\"ncn-{index}\":\"\""));
        Assert.Null(FrameReader.Read(Encoding.UTF8.GetBytes($$$"""{"id":"a","type":"request","path":"/v1","headers":{{{{headers}}}}}"""), out var problem));
        Assert.Contains("more than 32", problem!.Message, StringComparison.Ordinal);
    }

    private static string Nested(int levels) =>
        $$"""{"id":"a","type":"request","path":"/v1","body":{{new string('[', levels)}}{{new string(']', levels)}}}""";

    private static ClientFrame Read(string text)
    {
        var frame = FrameReader.Read(Encoding.UTF8.GetBytes(text.Trim()), out var problem);
        Assert.Null(problem);
        return frame!;
    }
}
