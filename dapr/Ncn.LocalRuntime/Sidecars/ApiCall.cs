using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Ncn.LocalRuntime.Sidecars;

/// <summary>One request to the Dapr API of one app: the path is split and decoded once, leading double slashes are accepted.</summary>
internal sealed class ApiCall
{
    private readonly string[] rawSegments;

    public ApiCall(HttpContext context, AppInstance app)
    {
        Context = context;
        App = app;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.Split('?', 2)[0].TrimStart('/');
        rawSegments = path.Split('/');
        Segments = [.. rawSegments.Select(Uri.UnescapeDataString)];
        RawPathAndQuery = "/" + path + context.Request.QueryString.Value;
    }

    public HttpContext Context { get; }

    /// <summary>The app whose Dapr port was called.</summary>
    public AppInstance App { get; }

    public string[] Segments { get; }

    public string RawPathAndQuery { get; }

    public string Method => Context.Request.Method;

    public bool IsGet => HttpMethods.IsGet(Method);

    public bool IsDelete => HttpMethods.IsDelete(Method);

    public bool IsWrite => HttpMethods.IsPost(Method) || HttpMethods.IsPut(Method);

    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>The path from the segment at <paramref name="index"/> on as the caller wrote it, with the query.</summary>
    public string RawFrom(int index) => string.Join('/', rawSegments.Skip(index)) + Context.Request.QueryString.Value;

    public string? Query(string name) => Context.Request.Query.TryGetValue(name, out var value) ? value.ToString() : null;

    public string? Header(string name) => Context.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>Request metadata: query parameters named <c>metadata.*</c>.</summary>
    public Dictionary<string, string> Metadata()
    {
        const string Prefix = "metadata.";
        return Context.Request.Query
            .Where(entry => entry.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(entry => entry.Key[Prefix.Length..], entry => entry.Value.ToString(), StringComparer.OrdinalIgnoreCase);
    }

    public async Task<byte[]> ReadBodyAsync()
    {
        using var buffer = new MemoryStream();
        await Context.Request.Body.CopyToAsync(buffer, Aborted);
        return buffer.ToArray();
    }

    public async Task<JsonElement> ReadJsonAsync()
    {
        try
        {
            var body = await ReadBodyAsync();
            JsonText.Check(body);
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw ApiException.Malformed(error.Message);
        }
    }

    public Task NoContentAsync()
    {
        Context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    public Task JsonAsync<T>(T value) => Context.Response.WriteAsJsonAsync(value, JsonSerializerOptions.Web, Aborted);

    public async Task BytesAsync(int status, string? contentType, byte[] body)
    {
        Context.Response.StatusCode = status;
        Context.Response.ContentType = contentType;
        Context.Response.ContentLength = body.Length;
        await Context.Response.Body.WriteAsync(body, Aborted);
    }
}

/// <summary>A building block of the Dapr API.</summary>
internal interface IBuildingBlock
{
    /// <summary>Starts to answer the call, or returns null when its path belongs to another block.</summary>
    Task? Handle(ApiCall call);
}
