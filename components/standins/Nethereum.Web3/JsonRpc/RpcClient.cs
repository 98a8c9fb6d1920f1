using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json;
using JsonException = System.Text.Json.JsonException;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace Nethereum.JsonRpc.Client;

public abstract class ClientBase : IClient
{
    private protected ClientBase()
    {
    }

    public virtual Task SendRequestAsync(string method, string route = null, params object[] paramList) =>
        AskAsync<JsonNode>(method, route, paramList);

    public Task<T> SendRequestAsync<T>(string method, string route = null, params object[] paramList) => AskAsync<T>(method, route, paramList);

    private protected abstract Task<T> AskAsync<T>(string method, string route, object[] paramList);
}

/// <summary>JSON-RPC 2.0 over HTTP POST, one request per call, always with id 1.</summary>
public class RpcClient : ClientBase
{
    private const int LargestAnswerBytes = 64 * 1024 * 1024;

    // The time-out of the official client.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly ILogger _log;

    /// <summary>With a client whose limits the caller sets; the settings of Newtonsoft's serializer are not used here.</summary>
    public RpcClient(
        Uri baseUrl, HttpClient httpClient, AuthenticationHeaderValue authHeaderValue = null, JsonSerializerSettings jsonSerializerSettings = null, ILogger log = null)
    {
        (_url, _http, _log) = (baseUrl, httpClient, log);
        _http.DefaultRequestHeaders.Authorization ??= authHeaderValue;
    }

    internal RpcClient(Uri url, ILogger log, AuthenticationHeaderValue authentication)
        : this(url, new HttpClient { Timeout = Timeout, MaxResponseContentBufferSize = LargestAnswerBytes }, authentication, log: log)
    {
    }

    private protected override async Task<T> AskAsync<T>(string method, string route, object[] paramList)
    {
        var request = new { id = 1, jsonrpc = "2.0", method, @params = paramList };
        _log?.LogDebug("JSON-RPC request {Method}", method);
        var answer = Parse(method, await PostAsync(method, route, JsonSerializer.Serialize(request, RpcJson.Options)).ConfigureAwait(false));
        if (answer["error"] is JsonObject error)
        {
            throw new RpcResponseException(ReadError(error), method);
        }

        return Read<T>(method, answer["result"]);
    }

    private async Task<string> PostAsync(string method, string route, string body)
    {
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await _http.PostAsync(route is null ? _url : new Uri(_url, route), content).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadAsStringAsync().ConfigureAwait(false);
        }
        catch (TaskCanceledException exception)
        {
            throw new RpcClientTimeoutException($"Rpc timeout after {Timeout.TotalMilliseconds} milliseconds: {method}", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new RpcClientUnknownException($"Error occurred when trying to send rpc request: {method}", exception);
        }
    }

    private static JsonObject Parse(string method, string body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject ?? throw new JsonException("The answer is no JSON object.");
        }
        catch (JsonException exception)
        {
            throw new RpcClientUnknownException($"The answer to {method} is not JSON-RPC.", exception);
        }
    }

    private static T Read<T>(string method, JsonNode result)
    {
        try
        {
            return result is null ? default : result.Deserialize<T>(RpcJson.Options);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new RpcClientUnknownException($"The answer to {method} does not have the expected form.", exception);
        }
    }

    private static RpcError ReadError(JsonObject error)
    {
        var code = error["code"] is JsonValue number && number.TryGetValue<int>(out var value) ? value : 0;
        return new RpcError(code, error["message"]?.ToString() ?? "unknown error", error["data"]);
    }
}

internal static class RpcJson
{
    internal static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };
}
