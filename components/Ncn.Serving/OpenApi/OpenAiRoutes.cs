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
            Request = "ChatRequest", Response = "ChatCompletion", Events = "ChatCompletionChunk", IsPaid = true, MayAnswerLater = true,
        },
        Post("/v1/completions", "Completions", "An answer to plain text") with { Request = "CompletionRequest", Response = "Completion", Events = "Completion", IsPaid = true, MayAnswerLater = true },
        Post("/v1/embeddings", "Embeddings", "Texts as vectors") with { Request = "EmbeddingRequest", Response = "EmbeddingList", IsPaid = true, MayAnswerLater = true },
        Get("/v1/chat/completions", "RefundByChat", "What a channel was not charged is given back (x402 batch-settlement refund)") with { Response = "Refund", IsPaid = true },
        Post("/v1/sealed", "Sealed", "A request that its node alone can read") with { Request = "SealedRequest", Response = "SealedAnswer", Events = "SealedEvent", IsPaid = true },
        Get("/v1/requests/{id}", "GetRequest", "A queued request, its state and its answer") with { Response = "QueuedRequest" },
        Get("/v1/requests/{id}/events", "RequestEvents", "A request's stream, from where the client stopped reading") with { Response = "Object", Events = "Object" },
        Delete("/v1/requests/{id}", "CancelRequest", "Gives a request up") with { Response = "Object" },
        Post("/v1/responses", "CreateResponse", "A response to a conversation") with { Request = "ResponseRequest", Response = "Response", Events = "ResponseEvent", IsPaid = true },
        Get("/v1/responses/{id}", "GetResponse", "A kept response, or its events") with { Response = "Response", Events = "ResponseEvent" },
        Delete("/v1/responses/{id}", "DeleteResponse", "Forgets a response") with { Response = "Deleted" },
        Post("/v1/responses/{id}/cancel", "CancelResponse", "Stops a response in the background") with { Response = "Response" },
        Get("/v1/responses/{id}/input_items", "ResponseInputItems", "What a response answers") with { Response = "ItemList" },
        Post("/v1/files", "UploadFile", "Keeps a file") with { RequestType = "multipart/form-data", Request = "Upload", Response = "File" },
        Get("/v1/files", "ListFiles", "The account's files") with { Response = "FileList" },
        Get("/v1/files/{id}", "GetFile", "One file") with { Response = "File" },
        Get("/v1/files/{id}/content", "FileContent", "What a file holds") with { ResponseType = "application/octet-stream" },
        Delete("/v1/files/{id}", "DeleteFile", "Removes a file") with { Response = "Deleted" },
        Post("/v1/batches", "CreateBatch", "Runs a file of requests, paid by one voucher") with { Request = "BatchRequest", Response = "Batch", IsPaid = true },
        Get("/v1/batches", "ListBatches", "The account's batches") with { Response = "BatchList" },
        Get("/v1/batches/{id}", "GetBatch", "One batch") with { Response = "Batch" },
        Post("/v1/batches/{id}/cancel", "CancelBatch", "Gives a batch up") with { Response = "Batch" },
    ];

    private static ApiRoute Get(string path, string operation, string summary) => new("GET", path, operation, Tag, summary) { Errors = ErrorShape.OpenAi };

    private static ApiRoute Delete(string path, string operation, string summary) => Get(path, operation, summary) with { Method = "DELETE" };

    private static ApiRoute Post(string path, string operation, string summary) => Get(path, operation, summary) with { Method = "POST" };
}
