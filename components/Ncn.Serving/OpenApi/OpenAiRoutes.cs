namespace Ncn.Serving.OpenApi;

/// <summary>The OpenAI API, and what belongs to it here.</summary>
internal static class OpenAiRoutes
{
    private const string Tag = "OpenAI";

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        Get("/v1/models", "ListModels", "The models that are served") with { Response = "ModelList" },
        Get("/v1/models/{model}", "GetModel", "One model") with { Response = "Model" },
        Get("/v1/models/{model}/sealed-keys", "SealedKeys", "The keys that requests to a model's nodes can be sealed with") with { Response = "SealedKeys" },
        Post("/v1/chat/completions", "ChatCompletions", "An answer to a conversation") with
        {
            Request = "ChatRequest", Response = "ChatCompletion", Events = "ChatCompletionChunk", IsPaid = true,
        },
        Post("/v1/completions", "Completions", "An answer to plain text") with { Request = "CompletionRequest", Response = "Completion", Events = "Completion", IsPaid = true },
        Post("/v1/embeddings", "Embeddings", "Texts as vectors") with { Request = "EmbeddingRequest", Response = "EmbeddingList", IsPaid = true },
        Get("/v1/chat/completions", "RefundByChat", "What a channel was not charged is given back (x402 batch-settlement refund)") with { Response = "Refund", IsPaid = true },
        Post("/v1/sealed", "Sealed", "A request that its node alone can read") with { Request = "SealedRequest", Response = "SealedAnswer", Events = "SealedEvent", IsPaid = true },
        Get("/v1/requests/{id}", "GetRequest", "A queued request, its state and its answer") with { Response = "QueuedRequest" },
    ];

    private static ApiRoute Get(string path, string operation, string summary) => new("GET", path, operation, Tag, summary) { Errors = ErrorShape.OpenAi };

    private static ApiRoute Post(string path, string operation, string summary) => Get(path, operation, summary) with { Method = "POST" };
}
