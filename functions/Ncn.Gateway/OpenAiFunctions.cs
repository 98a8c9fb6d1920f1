using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.OpenAi;

namespace Ncn.Gateway;

/// <summary>The OpenAI API.</summary>
public sealed class OpenAiFunctions(
    ModelsEndpoint models, ChatEndpoint chat, CompletionsEndpoint completions, EmbeddingsEndpoint embeddings)
{
    [Function("ListModels")]
    public Task<IResult> ListModels([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/models")] HttpRequest request) =>
        Respond.Written(models.ListAsync(request.HttpContext));

    [Function("GetModel")]
    public Task<IResult> GetModel(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/models/{model}")] HttpRequest request, string model) =>
        Respond.Written(models.GetAsync(request.HttpContext, model));

    [Function("ChatCompletions")]
    public Task<IResult> ChatCompletions(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/chat/completions")] HttpRequest request) =>
        Respond.Written(chat.HandleAsync(request.HttpContext));

    [Function("Completions")]
    public Task<IResult> Completions([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/completions")] HttpRequest request) =>
        Respond.Written(completions.HandleAsync(request.HttpContext));

    [Function("Embeddings")]
    public Task<IResult> Embeddings([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/embeddings")] HttpRequest request) =>
        Respond.Written(embeddings.HandleAsync(request.HttpContext));
}
