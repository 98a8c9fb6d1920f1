namespace Ncn.Serving.OpenApi;

/// <summary>The Open Inference Protocol, version 2, over REST.</summary>
internal static class InferenceRoutes
{
    private const string Tag = "Open Inference Protocol";

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        Get("/v2/health/live", "ServerLive", "The server answers") with { Response = "ServerLive" },
        Get("/v2/health/ready", "ServerReady", "The server can serve") with { Response = "ServerReady" },
        Get("/v2", "ServerMetadata", "What the server is and can") with { Response = "ServerMetadata" },
        Get("/v2/models/{model}", "ModelMetadata", "A model's inputs and outputs") with { Response = "ModelMetadata" },
        Get("/v2/models/{model}/versions/{version}", "ModelVersionMetadata", "The same of one version") with { Response = "ModelMetadata" },
        Get("/v2/models/{model}/ready", "ModelReady", "A model can be called") with { Response = "ModelReady" },
        Get("/v2/models/{model}/versions/{version}/ready", "ModelVersionReady", "The same of one version") with { Response = "ModelReady" },
        Infer("/v2/models/{model}/infer", "ModelInfer", "Tensors in, tensors out"),
        Infer("/v2/models/{model}/versions/{version}/infer", "ModelVersionInfer", "The same of one version"),
        Get("/v2/models/{model}/infer", "RefundByInfer", "What a channel was not charged is given back (x402 batch-settlement refund)") with { Response = "Refund", IsPaid = true },
    ];

    private static ApiRoute Get(string path, string operation, string summary) => new("GET", path, operation, Tag, summary) { Errors = ErrorShape.Inference };

    private static ApiRoute Infer(string path, string operation, string summary) => Get(path, operation, summary) with
    {
        Method = "POST", Request = "InferRequest", Response = "InferResponse", IsPaid = true, MayAnswerLater = true,
    };
}
