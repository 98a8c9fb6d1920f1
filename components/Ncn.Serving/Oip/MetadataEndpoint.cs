using Microsoft.AspNetCore.Http;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Oip;

/// <summary>Health and metadata of the Open Inference Protocol v2.</summary>
public sealed class MetadataEndpoint(RoutingTable routing)
{
    private static readonly string Version = typeof(MetadataEndpoint).Assembly.GetName().Version?.ToString(3) ?? "2.0.0";

    // The protocol's text names a body with one key for each health call, its schema none: both keys serve either reader.
    public Task LiveAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.Response.WriteAsJsonAsync(new { live = true, ready = routing.IsReady }, http.RequestAborted);
    }

    public Task ReadyAsync(HttpContext http) => Edge.RunAsync(http, OipError.WriteAsync, async () =>
    {
        var ready = (await routing.FindAsync(null, http.RequestAborted)).Count > 0;
        http.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await http.Response.WriteAsJsonAsync(new { live = true, ready }, http.RequestAborted);
    });

    public static Task ServerAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.Response.WriteAsJsonAsync(new { name = "ncn-gateway", version = Version, extensions = Array.Empty<string>() }, http.RequestAborted);
    }

    public Task ModelAsync(HttpContext http, string model, string? version) => Edge.RunAsync(http, OipError.WriteAsync, async () =>
    {
        var offer = await FindAsync(routing, model, version, http.RequestAborted);
        await http.Response.WriteAsJsonAsync(
            new
            {
                name = offer.Name,
                versions = new[] { offer.Version },
                platform = "onnx_onnxv1",
                inputs = offer.Inputs.Select(Describe),
                outputs = offer.Outputs.Select(Describe),
            },
            http.RequestAborted);
    });

    public Task ModelReadyAsync(HttpContext http, string model, string? version) => Edge.RunAsync(http, OipError.WriteAsync, async () =>
    {
        var offer = await FindAsync(routing, model, version, http.RequestAborted);
        await http.Response.WriteAsJsonAsync(new { name = offer.Name, ready = true }, http.RequestAborted);
    });

    internal static async Task<ModelOffer> FindAsync(RoutingTable routing, string model, string? version, CancellationToken cancellationToken) =>
        (await routing.FindAsync(model, cancellationToken))
            .FirstOrDefault(candidate => version is null || candidate.Offer.Version == version)?.Offer
            ?? throw new ApiException(ModelNotFound(version is null ? model : $"{model} version {version}"));

    internal static ApiError ModelNotFound(string model) =>
        new(404, "model_not_found", $"The model {model} is not served here; GET /v1/models lists those that are.");

    private static object Describe(TensorSpec spec) => new { name = spec.Name, datatype = spec.Datatype, shape = spec.Shape };
}
