using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>, plain and as server-sent events.</summary>
public sealed class ChatEndpoint(PaidRequest paid, ChatForm form, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Which form an answer takes.</summary>
    public const string Dialect = "chat";

    public Task HandleAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var body = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        var request = ChatRequest.Parse(body, options.Value.DefaultMaxTokens);
        if (await OpenAiEdge.IsPassedOnAsync(http, request.Choice))
        {
            return;
        }

        var admission = await paid.AdmitAsync(HttpCalls.Read(http), OrderOf(request, body), ModelsEndpoint.ModelNotFound(request.Model));
        var shape = ChatShape.Of(request);
        var created = time.GetUtcNow().ToUnixTimeSeconds();
        var answers = new OpenAiAnswers(
            http, form, id => new ChatContext(new AnswerContext(id, request.Model, created, body), shape), request.Choices);
        await answers.WriteAsync(admission, request.Stream);
    });

    /// <summary>The order of a chat request.</summary>
    /// <param name="body">As it came.</param>
    public static Order OrderOf(ChatRequest request, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(request);
        var inputs = new Input[request.Choices];
        Array.Fill(inputs, request.ToInput());
        return new Order(request.Model, Dialect, inputs, request.Limit, request.Sampling.Seed, body)
        {
            Kind = ModelOffer.Decoder,
            ShowsCommitments = request.WithCommitments,
            IsWhole = !request.Stream,
        }.With(request.Choice);
    }
}
