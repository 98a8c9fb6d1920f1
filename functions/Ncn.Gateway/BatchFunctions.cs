using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Batches;
using Ncn.Serving.Files;

namespace Ncn.Gateway;

/// <summary>Files, batches, and the timer that drives what nobody waits for.</summary>
public sealed class BatchFunctions(FilesEndpoint files, BatchesEndpoint batches, Chores chores)
{
    [Function("UploadFile")]
    public Task<IResult> Upload([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/files")] HttpRequest request) =>
        Respond.Written(files.UploadAsync(request.HttpContext));

    [Function("ListFiles")]
    public Task<IResult> ListFiles([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/files")] HttpRequest request) =>
        Respond.Written(files.ListAsync(request.HttpContext));

    [Function("GetFile")]
    public Task<IResult> GetFile([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/files/{id}")] HttpRequest request, string id) =>
        Respond.Written(files.GetAsync(request.HttpContext, id));

    [Function("FileContent")]
    public Task<IResult> Content([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/files/{id}/content")] HttpRequest request, string id) =>
        Respond.Written(files.ContentAsync(request.HttpContext, id));

    [Function("DeleteFile")]
    public Task<IResult> DeleteFile([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/files/{id}")] HttpRequest request, string id) =>
        Respond.Written(files.DeleteAsync(request.HttpContext, id));

    [Function("CreateBatch")]
    public Task<IResult> Create([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/batches")] HttpRequest request) =>
        Respond.Written(batches.CreateAsync(request.HttpContext));

    [Function("ListBatches")]
    public Task<IResult> ListBatches([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/batches")] HttpRequest request) =>
        Respond.Written(batches.ListAsync(request.HttpContext));

    [Function("GetBatch")]
    public Task<IResult> GetBatch([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/batches/{id}")] HttpRequest request, string id) =>
        Respond.Written(batches.GetAsync(request.HttpContext, id));

    [Function("CancelBatch")]
    public Task<IResult> Cancel([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/batches/{id}/cancel")] HttpRequest request, string id) =>
        Respond.Written(batches.CancelAsync(request.HttpContext, id));

    /// <summary>Every second: batches and webhooks go on, and what has expired is removed.</summary>
    [Function("Chores")]
    public Task RunChores([TimerTrigger("* * * * * *")] TimerInfo timer, CancellationToken cancellationToken) => chores.TickAsync(cancellationToken);
}
