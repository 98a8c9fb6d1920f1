using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.Sidecars;

/// <summary>One Kestrel server with one loopback port per app; the port says whose Dapr API it is.</summary>
internal sealed class ApiServer(IReadOnlyList<AppInstance> apps, IReadOnlyList<IBuildingBlock> blocks)
{
    private readonly Dictionary<int, AppInstance> byPort = apps.ToDictionary(app => app.Spec.DaprHttpPort);

    public async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            apps.ToList().ForEach(app => kestrel.Listen(IPAddress.Loopback, app.Spec.DaprHttpPort));
        });
        var server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        return server;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var app = byPort[context.Connection.LocalPort];
        try
        {
            LimitBody(context, app);
            var call = new ApiCall(context, app);
            await (blocks.Select(block => block.Handle(call)).FirstOrDefault(answer => answer is not null)
                ?? throw new ApiException(404, "ERR_NOT_FOUND", $"the Dapr API has no {context.Request.Method} {context.Request.Path}"));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception error)
        {
            await FailAsync(context, app, error);
        }
    }

    private static void LimitBody(HttpContext context, AppInstance app)
    {
        var limit = app.Spec.MaxRequestMegabytes * 1024L * 1024L;
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = limit;
        if (context.Request.ContentLength > limit)
        {
            throw new ApiException(413, "ERR_BODY_TOO_LARGE", $"the body is larger than {app.Spec.MaxRequestMegabytes} MiB; daprHTTPMaxRequestSize of app {app.AppId} sets the limit");
        }
    }

    private static async Task FailAsync(HttpContext context, AppInstance app, Exception error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        var refusal = error as ApiException ?? error switch
        {
            BadHttpRequestException bad => new ApiException(bad.StatusCode, "ERR_MALFORMED_REQUEST", bad.Message),
            UriFormatException bad => new ApiException(400, "ERR_MALFORMED_REQUEST", bad.Message),
            _ => null,
        };
        if (refusal is null)
        {
            RuntimeLog.Write(app.AppId, $"{context.Request.Method} {context.Request.Path}: {error}");
        }

        context.Response.Clear();
        context.Response.StatusCode = refusal?.Status ?? 500;
        await context.Response.WriteAsJsonAsync(new { errorCode = refusal?.ErrorCode ?? "ERR_INTERNAL", message = refusal?.Message ?? "the runtime failed; its log has the details" });
    }
}
