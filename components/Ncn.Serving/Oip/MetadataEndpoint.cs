using Microsoft.AspNetCore.Http;
using Ncn.OpenInference;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip.Text;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Oip;

/// <summary>Health and metadata of the Open Inference Protocol v2.</summary>
public sealed class MetadataEndpoint(RoutingTable routing)
{
    internal static readonly ServerDocument Server = new("ncn-gateway", ServerDocument.SoftwareVersion, [ServerDocument.BinaryTensorData]);
    private const string TextPlatform = "onnxruntime_genai";

    public Task LiveAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.Response.WriteAsJsonAsync(new HealthDocument(true, routing.IsReady), http.RequestAborted);
    }

    public Task ReadyAsync(HttpContext http) => Edge.RunAsync(http, OipError.WriteAsync, async () =>
    {
        var ready = (await routing.FindAsync(null, http.RequestAborted)).Count > 0;
        http.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await http.Response.WriteAsJsonAsync(new HealthDocument(true, ready), http.RequestAborted);
    });

    public static Task ServerAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.Response.WriteAsJsonAsync(Server, http.RequestAborted);
    }

    public Task ModelAsync(HttpContext http, string model, string? version) => Edge.RunAsync(http, OipError.WriteAsync, async () =>
    {
        var offer = await FindAsync(routing, model, version, http.RequestAborted);
        await http.Response.WriteAsJsonAsync(Describe(offer), http.RequestAborted);
    });

    public Task ModelReadyAsync(HttpContext http, string model, string? version) => Edge.RunAsync(http, OipError.WriteAsync, async () =>
    {
        var offer = await FindAsync(routing, model, version, http.RequestAborted);
        await http.Response.WriteAsJsonAsync(new ModelReadyDocument(offer.Name, true), http.RequestAborted);
    });

    /// <summary>Metadata of a model: a text model's inputs and outputs are those that Triton's text backends have.</summary>
    internal static ModelDocument Describe(ModelOffer offer) => ModelDocument.Of(
        offer.Name, [offer.Version], offer.Kind == ModelOffer.Decoder ? TextPlatform : ModelDocument.Onnx, TextTensors.SignatureOf(offer));

    internal static async Task<ModelOffer> FindAsync(RoutingTable routing, string model, string? version, CancellationToken cancellationToken) =>
        (await routing.FindAsync(model, cancellationToken))
            .FirstOrDefault(candidate => version is null || candidate.Offer.Version == version)?.Offer
            ?? throw new ApiException(ModelNotFound(version is null ? model : $"{model} version {version}") with { Model = model });

    internal static ApiError ModelNotFound(string model) =>
        new(404, "model_not_found", $"The model {model} is not served here; GET /v1/models lists those that are.") { Model = model };
}
