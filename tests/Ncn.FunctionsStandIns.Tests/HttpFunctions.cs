using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace Ncn.FunctionsStandIns.Tests;

public sealed class ScopedThing
{
    public Guid Id { get; } = Guid.NewGuid();
}

/// <summary>What functions and middleware saw, and gates that let a test decide when a function goes on.</summary>
public sealed class CallLog
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public TaskCompletionSource FirstChunkRead { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

public sealed class HttpFunctions(ScopedThing thing, CallLog log)
{
    private int calls;

    [Function("ChatCompletions")]
    public static async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/chat/completions")] HttpRequest request, FunctionContext context, CancellationToken cancellationToken)
    {
        using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
        return Results.Ok(new { Model = body.RootElement.GetProperty("model").GetString(), Function = context.FunctionDefinition.Name });
    }

    [Function("Action")]
    public static IActionResult Action([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        new OkObjectResult(new { CamelCase = request.Path.Value });

    [Function("Order")]
    public static IResult Order(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "orders/{id}/{name}")] HttpRequest request, int id, string name, bool? express) =>
        Results.Text($"{id} {name} {express} {request.Method}");

    [Function("Instance")]
    public IResult Instance([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        Results.Text($"{++calls} {thing.Id == request.HttpContext.RequestServices.GetScopedThing().Id} {thing.Id}");

    [Function("Fails")]
    public static Task<IResult> Fails([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        throw new InvalidOperationException($"secret of {request.Path}");

    [Function("Stream")]
    public async Task<IResult> Stream([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
    {
        var response = request.HttpContext.Response;
        response.ContentType = "text/event-stream";
        await response.WriteAsync("data: one\n\n");
        await response.Body.FlushAsync();
        await log.FirstChunkRead.Task;
        await response.WriteAsync("data: two\n\n");
        return Results.Empty;
    }

    [Function("HalfStream")]
    public static async Task HalfStream([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
    {
        await request.HttpContext.Response.WriteAsync("data: one\n\n");
        await request.HttpContext.Response.Body.FlushAsync();
        throw new InvalidOperationException("after the first chunk");
    }

    [Function("WaitsForEver")]
    public async Task WaitsForEver([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, CancellationToken cancellationToken)
    {
        await request.HttpContext.Response.Body.FlushAsync(cancellationToken);
        await using var registration = cancellationToken.Register(log.Cancelled.SetResult);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    [Function("Static")]
    public static IResult Static([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "%StaticRoute%")] HttpRequest request) =>
        Results.Text($"static {request.Method}");
}

internal static class ScopedThingServices
{
    public static ScopedThing GetScopedThing(this IServiceProvider services) => (ScopedThing)services.GetService(typeof(ScopedThing))!;
}
