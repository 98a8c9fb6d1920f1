using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables;

/// <summary>Requests of the Table service's REST API through the pipeline of Azure.Core, which retries and signs.</summary>
internal sealed class TableChannel
{
    public const string JsonType = "application/json;odata=minimalmetadata";

    private readonly HttpPipeline pipeline;
    private readonly string version;
    private readonly string root;

    public TableChannel(Uri endpoint, HttpPipelinePolicy signer, TableClientOptions? options)
    {
        options ??= new TableClientOptions();
        Endpoint = endpoint;
        root = endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');
        version = options.VersionString;
        pipeline = HttpPipelineBuilder.Build(new HttpPipelineOptions(options)
        {
            PerRetryPolicies = { signer },
            RequestFailedDetailsParser = TableErrors.Instance,
        });
    }

    public Uri Endpoint { get; }

    /// <summary>The account: the first part of the host, or of the path where the emulator has it.</summary>
    public string AccountName => Endpoint.AbsolutePath.Trim('/') is { Length: > 0 } path ? path : Endpoint.Host.Split('.')[0];

    public static TableChannel Open(string connectionString, TableClientOptions? options)
    {
        var parsed = TableConnectionString.Parse(connectionString);
        return new TableChannel(parsed.Endpoint, new SharedKeyLitePolicy(parsed.Credential), options);
    }

    public static TableChannel Open(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return new TableChannel(endpoint, new SharedKeyLitePolicy(credential), options);
    }

    public static TableChannel Open(Uri endpoint, TokenCredential credential, TableClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return endpoint.Scheme == Uri.UriSchemeHttps
            ? new TableChannel(endpoint, new BearerTokenAuthenticationPolicy(credential, "https://storage.azure.com/.default"), options)
            : throw new ArgumentException("Cannot use TokenCredential without HTTPS.", nameof(endpoint));
    }

    public string Address(string pathAndQuery) => $"{root}/{pathAndQuery}";

    public HttpMessage Create(RequestMethod method, string pathAndQuery, ReadOnlyMemory<byte>? body = null)
    {
        var message = pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(new Uri(Address(pathAndQuery)));
        message.Request.Headers.SetValue("x-ms-version", version);
        message.Request.Headers.SetValue("DataServiceVersion", "3.0");
        message.Request.Headers.SetValue("Accept", JsonType);
        if (body is { } content)
        {
            message.Request.Headers.SetValue("Content-Type", "application/json");
            message.Request.Content = RequestContent.Create(content);
        }

        return message;
    }

    /// <summary>Sends the request; a status that says neither success nor <paramref name="alsoFine"/> becomes an exception.</summary>
    /// <exception cref="RequestFailedException">With the service's status and error code.</exception>
    public async Task<Response> SendAsync(HttpMessage message, int? alsoFine, CancellationToken cancellationToken)
    {
        using (message)
        {
            await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
            var response = message.Response;
            return response.Status < 300 || response.Status == alsoFine ? response : throw new RequestFailedException(response);
        }
    }

    public static JsonDocument Parse(Response response) => JsonDocument.Parse(response.Content);
}
