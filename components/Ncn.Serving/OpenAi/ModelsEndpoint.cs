using Microsoft.AspNetCore.Http;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing;

namespace Ncn.Serving.OpenAi;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{model}</c>.</summary>
public sealed class ModelsEndpoint(RoutingTable routing)
{
    public Task ListAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var models = (await routing.FindAsync(null, http.RequestAborted)).GroupBy(static candidate => candidate.Offer.Name).Select(Describe);
        await http.Response.WriteAsJsonAsync(new { @object = "list", data = models }, OpenAiJson.Options, http.RequestAborted);
    });

    public Task GetAsync(HttpContext http, string model) => OpenAiEdge.RunAsync(http, async () =>
    {
        var found = (await routing.FindAsync(model, http.RequestAborted)).GroupBy(static candidate => candidate.Offer.Name).FirstOrDefault()
            ?? throw new ApiException(ModelNotFound(model));
        await http.Response.WriteAsJsonAsync(Describe(found), OpenAiJson.Options, http.RequestAborted);
    });

    internal static ApiError ModelNotFound(string model) => new(
        404, "model_not_found", $"The model {model} is not served here; GET /v1/models lists those that are.", "model") { Model = model };

    private static object Describe(IGrouping<string, Candidate> model)
    {
        var offer = model.First().Offer;
        return new
        {
            id = model.Key,
            @object = "model",
            created = model.Min(static candidate => (long)candidate.Node.IssuedAt / 1000),
            owned_by = "ncn",
            ncn = new
            {
                offer.Kind,
                offer.ContextTokens,
                nodes = model.Count(),
                digests = model.Select(static candidate => candidate.Offer.Digest).Distinct(),
                quantizations = model.Select(static candidate => candidate.Offer.Quantization).Where(static name => name.Length > 0).Distinct(),
                offer.Price,
            },
        };
    }
}
