using Ncn.Serving.Answers;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Requests;
using Ncn.Serving.Responses;
using Ncn.Serving.Sealed;
using Ncn.Serving.Streaming.Sockets;

namespace Ncn.GatewayStream;

/// <summary>What a frame's path may be: the same endpoints that the Function app has routes for.</summary>
internal static class FrameRoutes
{
    /// <summary>Sends frames to the endpoints.</summary>
    public static void UseFrameRoutes(this WebApplication app)
    {
        var frames = new ApplicationBuilder(app.Services);
        frames.UseRouting();
        frames.UseEndpoints(Map);
        app.Services.GetRequiredService<FramePipeline>().Use(frames.Build());
    }

    internal static void Map(IEndpointRouteBuilder routes)
    {
        MapOpenAi(routes);
        MapResponses(routes);
        MapOpenInference(routes);
        MapOwn(routes);
        routes.MapFallback(UnknownUrl.WriteAsync);
    }

    private static void MapOpenAi(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models", static http => The<ModelsEndpoint>(http).ListAsync(http));
        routes.MapGet("/v1/models/{model}", static http => The<ModelsEndpoint>(http).GetAsync(http, Value(http, "model")!));
        routes.MapPost("/v1/chat/completions", static http => The<ChatEndpoint>(http).HandleAsync(http));
        routes.MapPost("/v1/completions", static http => The<CompletionsEndpoint>(http).HandleAsync(http));
        routes.MapPost("/v1/embeddings", static http => The<EmbeddingsEndpoint>(http).HandleAsync(http));
        routes.MapGet("/v1/chat/completions", static http => The<RefundEndpoint>(http).HandleAsync(http));
    }

    private static void MapResponses(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/responses", static http => The<ResponsesEndpoint>(http).CreateAsync(http));
        routes.MapGet("/v1/responses/{id}", static http => The<KeptResponsesEndpoint>(http).GetAsync(http, Value(http, "id")!));
        routes.MapDelete("/v1/responses/{id}", static http => The<KeptResponsesEndpoint>(http).DeleteAsync(http, Value(http, "id")!));
        routes.MapPost("/v1/responses/{id}/cancel", static http => The<KeptResponsesEndpoint>(http).CancelAsync(http, Value(http, "id")!));
        routes.MapGet("/v1/responses/{id}/input_items", static http => The<KeptResponsesEndpoint>(http).InputItemsAsync(http, Value(http, "id")!));
        routes.MapGet("/v1/requests/{id}", static http => The<RequestsEndpoint>(http).GetAsync(http, Value(http, "id")!));
        routes.MapGet("/v1/requests/{id}/events", static http => The<EventsEndpoint>(http).EventsAsync(http, Value(http, "id")!));
        routes.MapDelete("/v1/requests/{id}", static http => The<EventsEndpoint>(http).CancelAsync(http, Value(http, "id")!));
    }

    private static void MapOpenInference(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v2", MetadataEndpoint.ServerAsync);
        routes.MapGet("/v2/health/live", static http => The<MetadataEndpoint>(http).LiveAsync(http));
        routes.MapGet("/v2/health/ready", static http => The<MetadataEndpoint>(http).ReadyAsync(http));
        foreach (var model in (string[])["/v2/models/{model}", "/v2/models/{model}/versions/{version}"])
        {
            routes.MapGet(model, static http => The<MetadataEndpoint>(http).ModelAsync(http, Value(http, "model")!, Value(http, "version")));
            routes.MapGet(model + "/ready", static http => The<MetadataEndpoint>(http).ModelReadyAsync(http, Value(http, "model")!, Value(http, "version")));
            routes.MapPost(model + "/infer", static http => The<InferEndpoint>(http).HandleAsync(http, Value(http, "model")!, Value(http, "version")));
        }

        routes.MapGet("/v2/models/{model}/infer", static http => The<RefundEndpoint>(http).HandleAsync(http));
    }

    private static void MapOwn(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models/{model}/sealed-keys", static http => The<SealedKeysEndpoint>(http).GetAsync(http, Value(http, "model")!));
        routes.MapPost("/v1/sealed", static http => The<SealedEndpoint>(http).HandleAsync(http));
    }

    private static T The<T>(HttpContext http)
        where T : notnull => http.RequestServices.GetRequiredService<T>();

    private static string? Value(HttpContext http, string name) => http.GetRouteValue(name) as string;
}
