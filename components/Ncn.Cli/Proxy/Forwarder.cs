using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Ncn.Cli.Proxy;

/// <summary>Sends a request on to a gateway and its answer back, byte by byte as it comes.</summary>
internal sealed class Forwarder(HttpClient http, byte[] accountSecret)
{
    // Connection headers belong to one hop (RFC 9110, section 7.6.1); the caller's credentials are none of the gateway's business:
    // what the gateway gets instead tells the callers' files apart and says nothing of them.
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Connection", "Content-Length", "Cookie", "Expect", "Host", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade",
    };

    /// <summary>The answer; its body is not read yet.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpContext context, Uri gateway, ReadOnlyMemory<byte> body)
    {
        var target = new Uri(gateway, context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent());
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);
        if (!body.IsEmpty)
        {
            request.Content = new ReadOnlyMemoryContent(body);
        }

        foreach (var (name, values) in context.Request.Headers)
        {
            if (!Dropped.Contains(name) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        var account = HMACSHA256.HashData(accountSecret, Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Convert.ToHexStringLower(account));
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
    }

    /// <summary>Copies an answer to the caller without holding anything back.</summary>
    public static async Task CopyAsync(HttpResponseMessage answer, HttpContext context)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => !Dropped.Contains(header.Key)))
        {
            context.Response.Headers[name] = new StringValues([.. values]);
        }

        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        await using var source = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[16 * 1024];
        for (int read; (read = await source.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
