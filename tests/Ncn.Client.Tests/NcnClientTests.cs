using System.Net;
using System.Text;
using Ncn.Client.Inference;
using Ncn.Protocol;

namespace Ncn.Client.Tests;

public sealed class NcnClientTests
{
    private const string Whole = """{"choices":[{"index":0,"message":{"role":"assistant","content":"46"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"cost":"40"}}""";

    [Fact]
    public async Task A_whole_answer_is_read()
    {
        var answer = await Client(HttpStatusCode.OK, Whole).ChatAsync(ChatRequest.Ask("m", "q"));
        Assert.Equal(("46", "stop", 11), (answer.Content, answer.FinishReason, answer.Usage!.TotalTokens));
    }

    [Fact]
    public async Task Pieces_of_a_stream_come_in_order_with_usage_and_receipt_at_the_end()
    {
        var receipt = System.Text.Json.JsonSerializer.Serialize(Receipts.Signed, ProtocolJson.Options);
        var events = $$$"""
            : a comment
            data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

            data: {"choices":[{"delta":{"content":"4"}}]}

            data: {"choices":[{"delta":{"content":"6"},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11},"ncn":{"requestId":"{{{default(RequestId)}}}","node":"{{{Receipts.Node.Address}}}","modelDigest":"{{{default(ModelDigest)}}}","cost":"40","attempts":2,"receipt":{{{receipt}}} ,"payment":null} }

            data: [DONE]

            """;
        var pieces = new List<ChatPiece>();
        await foreach (var piece in Client(HttpStatusCode.OK, events, "text/event-stream").StreamChatAsync(ChatRequest.Ask("m", "q")))
        {
            pieces.Add(piece);
        }

        Assert.Equal("46", string.Concat(pieces.Select(piece => piece.Text)));
        var network = pieces[^1].Network!;
        Assert.Equal((new TokenAmount(40), 2u), (network.Cost, network.Attempts));
        Assert.Null(ReceiptCheck.Problem(network, Receipts.Domain, []));
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"4\"}}]}\n\n", "broke off")]
    [InlineData("data: {\"error\":{\"message\":\"no node left\"}}\n\ndata: [DONE]\n\n", "no node left")]
    [InlineData("data: {oops\n\n", "not JSON")]
    public async Task A_stream_that_is_not_whole_is_an_error(string events, string expected)
    {
        var error = await Assert.ThrowsAsync<NcnException>(async () =>
        {
            await foreach (var piece in Client(HttpStatusCode.OK, events, "text/event-stream").StreamChatAsync(ChatRequest.Ask("m", "q")))
            {
                Assert.Equal("4", piece.Text);
            }
        });
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"error":{"message":"no such model","code":"model_not_found"}}""", "model_not_found", "no such model")]
    [InlineData("""{"error":"wrong shape"}""", null, "wrong shape")]
    [InlineData("<html>", null, "answered 404")]
    public async Task Refusals_of_every_shape_are_read(string body, string? code, string message)
    {
        var error = await Assert.ThrowsAsync<NcnException>(() => Client(HttpStatusCode.NotFound, body).ChatAsync(ChatRequest.Ask("m", "q")));
        Assert.Equal(code, error.Code);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("payment_required", "does not pay")]
    [InlineData("invalid_batch_settlement_evm_cumulative_exceeds_balance", "Deposit more")]
    [InlineData("invalid_batch_settlement_evm_channel_not_found", "Deposit into it")]
    public async Task A_402_says_what_to_do(string code, string expected)
    {
        var body = $$"""{"x402Version":1,"error":"{{code}}","accepts":[]}""";
        var error = await Assert.ThrowsAsync<NcnException>(() => Client(HttpStatusCode.PaymentRequired, body).ChatAsync(ChatRequest.Ask("m", "q")));
        Assert.Equal(code, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tensors_and_the_receipt_in_parameters_are_read()
    {
        var receipt = System.Text.Json.JsonSerializer.Serialize(Receipts.Signed, ProtocolJson.Options);
        var body = $$"""{"model_name":"digits","model_version":"1","parameters":{"ncn":{"requestId":"{{default(RequestId)}}","node":"{{Receipts.Node.Address}}","modelDigest":"{{default(ModelDigest)}}","cost":"132","attempts":1,"receipt":{{receipt}} } },"outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}""";
        var answer = await Client(HttpStatusCode.OK, body).InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 2], [0f, 1f])]));
        Assert.Equal([0.25f, 0.75f], answer.Outputs[0].Floats());
        Assert.Equal(new TokenAmount(132), answer.Network!.Cost);
    }

    [Fact]
    public void A_receipt_that_was_changed_or_is_for_something_else_is_found_out()
    {
        var good = new NcnMember(default, Receipts.Node.Address, default, new TokenAmount(40), 1, Receipts.Signed);
        var dearer = Receipts.Signed with { Message = Receipts.Signed.Message with { Price = new TokenAmount(6) } };
        var other = Address.Parse("0x00000000000000000000000000000000000000ee");
        Assert.Null(ReceiptCheck.Problem(good, Receipts.Domain, []));
        Assert.Contains("not signed", ReceiptCheck.Problem(good with { Receipt = dearer }, Receipts.Domain, []), StringComparison.Ordinal);
        Assert.Contains("another node", ReceiptCheck.Problem(good with { Node = other }, Receipts.Domain, []), StringComparison.Ordinal);
        Assert.Contains("no node offers", ReceiptCheck.Problem(good, Receipts.Domain, [new ModelDigest(new Hash32(Enumerable.Repeat((byte)1, 32).ToArray()))]), StringComparison.Ordinal);
    }

    private static NcnClient Client(HttpStatusCode status, string body, string type = "application/json") =>
        new(new HttpClient(new Answering(status, body, type)) { BaseAddress = new Uri("http://gateway.test/") });

    // A gateway must not fill a client's memory with an event that never ends.
    [Fact]
    public async Task An_event_that_never_ends_is_not_read_for_ever()
    {
        using var http = new HttpClient(new Endless()) { BaseAddress = new Uri("http://gateway.test/") };
        await Assert.ThrowsAsync<NcnException>(async () =>
        {
            await foreach (var piece in new NcnClient(http).StreamChatAsync(ChatRequest.Ask("m", "q")))
            {
                Assert.Fail(piece.Text);
            }
        });
    }

    private sealed class Endless : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Letters()) });
    }

    private sealed class Letters : MemoryStream
    {
        private const int Enough = 64 << 20;
        private int _read;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'a');
            return (_read += buffer.Length) < Enough ? ValueTask.FromResult(buffer.Length) : throw new IOException("It was read to here.");
        }
    }

    private sealed class Answering(HttpStatusCode status, string body, string type) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, type) });
    }
}
