using System.Globalization;
using System.Net;
using System.Security;
using Microsoft.AspNetCore.Http.Features;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>The Service Bus namespace of the local network on a loopback port; nobody gets in without the key.</summary>
internal sealed class ServiceBusServer(int port, SharedKey key, ServiceBusApi api, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The largest message, and the largest batch, of the standard tier.</summary>
    public const int MostBytes = 256 * 1024;

    private WebApplication? server;

    /// <summary>Where it listens, once it is started; with port 0 the system chose one.</summary>
    public int Port => new Uri(server!.Urls.Single()).Port;

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBytes;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
    }

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0];
            string[] path = [.. target.Trim('/').Split('/').Select(Uri.UnescapeDataString)];
            if (key.Refuse(context.Request.Headers.Authorization, "/" + string.Join('/', path), time.GetUtcNow()) is { } refusal)
            {
                throw new BusException(401, refusal);
            }

            await api.AnswerAsync(context, path);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception error)
        {
            await FailAsync(context, error);
        }
    }

    private static async Task FailAsync(HttpContext context, Exception error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        var (status, detail) = error switch
        {
            BusException refusal => (refusal.Status, refusal.Message),
            BadHttpRequestException bad => (bad.StatusCode, bad.Message),
            _ => (500, "the local runtime failed; its log has the details"),
        };
        if (status == 500)
        {
            RuntimeLog.Write("servicebus", $"{context.Request.Method} {context.Request.Path}: {error}");
        }

        context.Response.Clear();
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml; charset=utf-8";
        await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"<Error><Code>{status}</Code><Detail>{SecurityElement.Escape(detail)}</Detail></Error>"));
    }
}
