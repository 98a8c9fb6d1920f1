using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Storage;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Bindings;

/// <summary>A message with the metadata that the app gets as headers.</summary>
internal sealed record QueueItem(string Id, string Receipt, byte[] Body, IReadOnlyList<KeyValuePair<string, string>> Headers);

/// <summary><c>bindings.azure.storagequeues</c>: https://docs.dapr.io/reference/components-reference/supported-bindings/storagequeues/.</summary>
internal sealed class StorageQueue(Component component)
{
    public const string ComponentType = "bindings.azure.storagequeues";
    private static readonly TimeSpan DefaultTtl = TimeSpan.FromMinutes(10);
    private readonly QueueClient client = Connect(component);
    private bool exists;

    public TimeSpan PollingInterval { get; } = component.GetDuration("pollingInterval", TimeSpan.FromSeconds(10));

    private TimeSpan VisibilityTimeout { get; } = component.GetDuration("visibilityTimeout", TimeSpan.FromSeconds(30));

    public async Task EnsureExistsAsync(CancellationToken cancellation)
    {
        if (!exists)
        {
            await client.CreateIfNotExistsAsync(cancellationToken: cancellation);
            exists = true;
        }
    }

    public async Task SendAsync(JsonElement data, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation)
    {
        await EnsureExistsAsync(cancellation);
        // A JSON string is sent as its text, anything else as its JSON.
        var text = data.ValueKind == JsonValueKind.String ? data.GetString()! : data.ValueKind == JsonValueKind.Undefined ? "" : data.GetRawText();
        var body = component.GetFlag("encodeBase64") ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) : text;
        var delay = component.GetDuration("initialVisibilityDelay", TimeSpan.Zero);
        await client.SendMessageAsync(body, delay > TimeSpan.Zero ? delay : null, Ttl(metadata), cancellation);
    }

    /// <summary>Takes one message out of sight for the visibility timeout; null when the queue is empty.</summary>
    public async Task<QueueItem?> ReceiveAsync(CancellationToken cancellation)
    {
        await EnsureExistsAsync(cancellation);
        var answer = await client.ReceiveMessageAsync(VisibilityTimeout, cancellation);
        return answer.Value is { } message ? new QueueItem(message.MessageId, message.PopReceipt, Decode(message), Describe(message)) : null;
    }

    public Task DeleteAsync(QueueItem item, CancellationToken cancellation) => client.DeleteMessageAsync(item.Id, item.Receipt, cancellation);

    private static QueueClient Connect(Component component)
    {
        var account = component.Require("accountName");
        var endpoint = (string[])["endpoint", "queueEndpoint", "storageEndpoint", "queueEndpointUrl"];
        var address = endpoint.Select(name => component.Get(name, "")).FirstOrDefault(value => value.Length > 0)
            ?? throw new ConfigurationException($"Component {component.Name}: the local runtime needs an endpoint, such as Azurite's.");
        var queue = component.Get("queueName", component.Get("queue", ""));
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None };
        // What is beyond a quick repeat is for the resiliency policy of the component.
        (options.Retry.MaxRetries, options.Retry.Delay, options.Retry.NetworkTimeout) = (1, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));
        return new QueueClient(new Uri($"{address.TrimEnd('/')}/{account}/{queue}"), new StorageSharedKeyCredential(account, component.Require("accountKey")), options);
    }

    private TimeSpan Ttl(IReadOnlyDictionary<string, string> metadata)
    {
        var text = metadata.GetValueOrDefault("ttlInSeconds") ?? component.Get("ttlInSeconds", component.Get("ttl", ""));
        return text.Length == 0 ? DefaultTtl
            : Durations.TryParse(text, out var ttl) && ttl > TimeSpan.Zero ? ttl
            : throw new FormatException($"ttlInSeconds is '{text}', which is not a number of seconds");
    }

    private byte[] Decode(QueueMessage message)
    {
        var body = message.Body.ToArray();
        if (!component.GetFlag("decodeBase64"))
        {
            return body;
        }

        var decoded = new byte[body.Length];
        return Convert.TryFromBase64String(Encoding.UTF8.GetString(body), decoded, out var length) ? decoded[..length] : body;
    }

    private static List<KeyValuePair<string, string>> Describe(QueueMessage message)
    {
        var headers = new List<KeyValuePair<string, string>>
        {
            new("id", message.MessageId),
            new("popReceipt", message.PopReceipt),
            new("dequeueCount", message.DequeueCount.ToString(CultureInfo.InvariantCulture)),
        };
        Add("insertionTime", message.InsertedOn);
        Add("expirationTime", message.ExpiresOn);
        Add("nextVisibleTime", message.NextVisibleOn);
        return headers;

        void Add(string name, DateTimeOffset? time)
        {
            if (time is { } known)
            {
                headers.Add(new(name, known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
            }
        }
    }
}
