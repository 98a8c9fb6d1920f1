using System.Text;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Serving.Answers;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Answers;

public sealed class EventsEndpointTests
{
    private const string Whole =
        """{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"tiny-chat","choices":[{"index":0,"message":{"role":"assistant","content":"the secret"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";

    [Theory]
    [InlineData(false, 402)]
    [InlineData(true, 200)]
    public async Task The_events_of_an_answer_whose_transfer_is_not_settled_are_not_given_away(bool isSettled, int status)
    {
        using var gateway = new MemoryGateway();
        var request = MemoryGateway.Request('e');
        var queued = new QueuedRequest([], Channel: null, new(500), new(10, 20, 0), "tiny-chat", 1, "chat", MemoryActors.Now, MemoryActors.Now + 1)
        {
            Body = Encoding.UTF8.GetBytes("""{"model":"tiny-chat","messages":[{"role":"user","content":"hello"}],"stream":true}"""),
        };
        await gateway.Actors.Request(request).BeginAsync(new BeginCall(default, 1_000, queued));
        await gateway.Actors.Request(request).CompleteAsync(new StoredAnswer(200, Whole, isSettled ? new() { [X402Header.Response] = "paid" } : [], new(500)));
        var http = MemoryGateway.Http();

        await gateway.Get<EventsEndpoint>().EventsAsync(http, request.ToString());

        http.Response.Body.Position = 0;
        var told = await new StreamReader(http.Response.Body).ReadToEndAsync();
        Assert.Equal(status, http.Response.StatusCode);
        Assert.Equal(isSettled, told.Contains("the secret", StringComparison.Ordinal));
    }
}
