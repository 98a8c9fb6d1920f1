using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Client.Paying;

namespace Ncn.Cli.Proxy;

/// <summary>An OpenAI and Open Inference Protocol endpoint that pays: it finds the gateway of the model, and answers 402 itself.</summary>
internal sealed class PayingProxy(GatewayDirectory directory, Forwarder forwarder)
{
    /// <summary>Largest request body, bytes; gateways accept less.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            await RouteAsync(http);
        }
        catch (PaymentException refusal)
        {
            await ProxyError.WriteAsync(http, StatusCodes.Status402PaymentRequired, "payment_refused", refusal.Message);
        }
        catch (BadHttpRequestException malformed)
        {
            await ProxyError.WriteAsync(http, malformed.StatusCode, "invalid_request", malformed.Message);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Abort();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            await ProxyError.WriteAsync(http, StatusCodes.Status502BadGateway, "gateway_unreachable", $"The gateway does not answer: {exception.Message}");
        }
    }

    private async Task RouteAsync(HttpContext http)
    {
        // Clients of the platform send ASCII only (RFC 9110, section 5.5), so what is not must be the caller's to mend.
        if (http.Request.Headers.FirstOrDefault(static header => !Ascii.IsValid(header.Value.ToString())) is { Key: { } broken })
        {
            throw new BadHttpRequestException($"The header {broken} has characters that are not ASCII; encode its value.");
        }

        var path = http.Request.Path.Value!;
        if (HttpMethods.IsGet(http.Request.Method) && path == "/v1/models")
        {
            var models = await directory.ListAsync(http.RequestAborted);
            await http.Response.WriteAsJsonAsync(new { @object = "list", data = models }, http.RequestAborted);
            return;
        }

        var body = await ReadBodyAsync(http);
        if (ModelOf(path, body) is not { } model)
        {
            await ForwardToFirstThatKnowsAsync(http, body);
        }
        else if (await directory.FindAsync(model, http.RequestAborted) is { } gateway)
        {
            using var answer = await forwarder.SendAsync(http, gateway, body);
            await Forwarder.CopyAsync(answer, http);
        }
        else
        {
            await ProxyError.WriteAsync(http, StatusCodes.Status404NotFound, "model_not_found", $"No gateway serves the model '{model}'. GET /v1/models lists those that are served.");
        }
    }

    // A request without a model, such as GET /v1/requests/{id}: one gateway knows it.
    private async Task ForwardToFirstThatKnowsAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        for (var i = 0; i < directory.Gateways.Count; i++)
        {
            using var answer = await forwarder.SendAsync(http, directory.Gateways[i], body);
            if (answer.StatusCode != HttpStatusCode.NotFound || i == directory.Gateways.Count - 1)
            {
                await Forwarder.CopyAsync(answer, http);
                return;
            }
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    /// <summary>/v2/models/NAME/… and /v1/models/NAME name the model in the path, everything else in the body's member model.</summary>
    internal static string? ModelOf(string path, ReadOnlyMemory<byte> body)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is [_, "models", var named, ..])
        {
            return Uri.UnescapeDataString(named);
        }

        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.String ? model.GetString() : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // The gateway says what is wrong with it, in the protocol's shape.
            return null;
        }
    }
}
