using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary><c>POST /v1/embeddings</c>: vectors of texts.</summary>
public sealed class EmbeddingsEndpoint(PaidRequest paid, EmbeddingForm form, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Which form an answer takes.</summary>
    public const string Dialect = "embedding";

    public Task HandleAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var body = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        var request = EmbeddingRequest.Parse(body);
        if (await OpenAiEdge.IsPassedOnAsync(http, request.Choice))
        {
            return;
        }

        var admission = await paid.AdmitAsync(HttpCalls.Read(http), OrderOf(request, body), ModelsEndpoint.ModelNotFound(request.Model));
        var created = time.GetUtcNow().ToUnixTimeSeconds();
        var answers = new OpenAiAnswers(http, form, id => new AnswerContext(id, request.Model, created, body), choices: 1);
        await answers.WriteAsync(admission, stream: false);
    });

    /// <summary>The order of an embedding request.</summary>
    /// <param name="body">As it came.</param>
    public static Order OrderOf(EmbeddingRequest request, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new Order(request.Model, Dialect, request.ToInput(), request.Limit, 0, body) { Kind = ModelOffer.Embedding, IsWhole = true }.With(request.Choice);
    }
}
