using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary><c>POST /v1/completions</c>: plain text, plain and as server-sent events.</summary>
public sealed class CompletionsEndpoint(PaidRequest paid, CompletionForm form, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Which form an answer takes.</summary>
    public const string Dialect = "completion";

    public Task HandleAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var body = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        var request = CompletionRequest.Parse(body);
        if (await OpenAiEdge.IsPassedOnAsync(http, request.Choice))
        {
            return;
        }

        var admission = await paid.AdmitAsync(HttpCalls.Read(http), OrderOf(request, body), ModelsEndpoint.ModelNotFound(request.Model));
        var created = time.GetUtcNow().ToUnixTimeSeconds();
        var answers = new OpenAiAnswers(http, form, id => new CompletionContext(new AnswerContext(id, request.Model, created, body), request), request.Choices);
        await answers.WriteAsync(admission, request.Stream);
    });

    /// <summary>The order of a completion request.</summary>
    /// <param name="body">As it came.</param>
    public static Order OrderOf(CompletionRequest request, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new Order(request.Model, Dialect, request.ToInputs(), request.Limit, request.Sampling.Seed, body)
        {
            Kind = ModelOffer.Decoder,
            ShowsCommitments = request.WithCommitments,
            IsWhole = !request.Stream,
        }.With(request.Choice);
    }
}
