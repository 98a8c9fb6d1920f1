namespace Ncn.ComputeWorker.OpenInference;

/// <summary>Puts the Open Inference Protocol into the worker: REST below /v2, and gRPC.</summary>
internal static class InferenceSetup
{
    public static void AddInference(this IServiceCollection services)
    {
        services.AddSingleton<InferenceServer>();
        services.AddSingleton<RepositoryCalls>();
        services.AddSingleton<InferenceEndpoints>();
    }

    public static void MapInference(this IEndpointRouteBuilder routes)
    {
        routes.Map("/v2/{**path}", static http => http.RequestServices.GetRequiredService<InferenceEndpoints>().HandleAsync(http));
        routes.MapGrpcService<InferenceGrpc>();
    }
}
