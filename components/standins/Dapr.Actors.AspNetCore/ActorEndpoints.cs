using System.Diagnostics;
using Dapr.Actors.Communication;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Http;

namespace Dapr.Actors.AspNetCore;

/// <summary>Handles what the sidecar sends.</summary>
internal sealed class ActorEndpoints(ActorRuntime runtime)
{
    private const int FirstBufferBytes = 64 * 1024;

    internal Task ConfigureAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return WriteAsync(context, runtime.WriteConfiguration());
    }

    internal Task DeactivateAsync(HttpContext context) => TypeOf(context).DeactivateAsync(IdOf(context));

    internal async Task CallAsync(HttpContext context)
    {
        var method = Route(context, "methodName");
        ReentrancyContext.Id = context.Request.Headers[Wire.ReentrancyHeaderName] is [{ Length: > 0 } reentrancyId] ? reentrancyId : null;
        var body = await ReadAsync(context);
        if (!context.Request.Headers.TryGetValue(Wire.RequestHeaderName, out var header))
        {
            var answer = await TypeOf(context).CallWithoutRemotingAsync(IdOf(context), method, body, context.RequestAborted);
            await WriteAsync(context, answer);
            return;
        }
        await WriteAsync(context, await CallWithRemotingAsync(context, method, header.ToString(), body));
    }

    internal async Task RemindAsync(HttpContext context) =>
        await TypeOf(context).RemindAsync(IdOf(context), Route(context, "reminderName"), await ReadAsync(context));

    internal async Task FireTimerAsync(HttpContext context)
    {
        var result = await TypeOf(context).FireTimerAsync(IdOf(context), await ReadAsync(context));
        context.Response.ContentType = "application/json";
        await WriteAsync(context, result ? "true"u8.ToArray() : "false"u8.ToArray());
    }

    /// <summary>What the actor throws travels back in the answer: status 200, a header that says so, type and message as body.</summary>
    private async Task<byte[]> CallWithRemotingAsync(HttpContext context, string method, string header, byte[] body)
    {
        try
        {
            return await TypeOf(context).CallAsync(IdOf(context), method, header, body, context.RequestAborted);
        }
        catch (Exception failure)
        {
            context.Response.Headers[Wire.ErrorHeaderName] = ErrorHeader.ToXml(Describe(failure));
            return ActorInvokeExceptionData.Serialize(failure);
        }
    }

    private static string Describe(Exception failure)
    {
        var frame = new StackTrace(failure, true).GetFrame(0);
        var method = frame is null ? null : DiagnosticMethodInfo.Create(frame);
        return $"Exception: {failure.GetType().Name}, Method Name: {method?.Name}, Line Number: {frame?.GetFileLineNumber() ?? 0}, Exception uuid: {Guid.NewGuid()}";
    }

    private HostedActorType TypeOf(HttpContext context) => runtime[Route(context, "actorTypeName")];

    private static ActorId IdOf(HttpContext context) => new(Route(context, "actorId"));

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        // The announced length is only a hint for the first allocation: it is the sender's word.
        using var buffer = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, FirstBufferBytes));
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }

    private static async Task WriteAsync(HttpContext context, byte[] body)
    {
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
