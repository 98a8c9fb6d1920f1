using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>
/// Queues by the Service Bus REST API (https://learn.microsoft.com/rest/api/servicebus/service-bus-runtime-rest), and one
/// operation more, because the documented ones cannot dead-letter: <c>POST /queue/messages/ID/LOCK/$DeadLetterQueue</c>.
/// </summary>
internal sealed class ServiceBusApi(MessageQueues queues)
{
    private const string BatchType = "application/vnd.microsoft.servicebus.json";
    private const string DeadLetters = "$DeadLetterQueue";
    private const int DefaultWaitSeconds = 60;
    private const int LongestWaitSeconds = 3600;
    private const int MostInBatch = 4500;

    /// <exception cref="BusException">The request is refused.</exception>
    public Task AnswerAsync(HttpContext context, string[] path)
    {
        var queue = queues.Find(path[0]) ?? throw new BusException(404, $"there is no queue '{path[0]}'; the local runtime's are declared in servicebus.json");
        var isDead = path.Length > 1 && path[1].Equals(DeadLetters, StringComparison.OrdinalIgnoreCase);
        var side = new QueueSide(queue, isDead);
        string[] rest = path[(isDead ? 2 : 1)..];
        if (rest.Length == 0 || !rest[0].Equals("messages", StringComparison.OrdinalIgnoreCase))
        {
            throw Unknown(context);
        }

        return (context.Request.Method, rest.Length) switch
        {
            ("POST", 1) when !isDead => SendAsync(context, queue),
            ("POST", 2) when IsHead(rest) => ReceiveAsync(context, side, keeps: true),
            ("DELETE", 2) when IsHead(rest) => ReceiveAsync(context, side, keeps: false),
            ("DELETE", 3) => SettleAsync(queues.CompleteAsync(side, rest[1], rest[2])),
            ("PUT", 3) => SettleAsync(queues.AbandonAsync(side, rest[1], rest[2])),
            ("POST", 3) => RenewAsync(context, side, rest[1], rest[2]),
            ("POST", 4) when !isDead && rest[3].Equals(DeadLetters, StringComparison.OrdinalIgnoreCase) =>
                SettleAsync(queues.DeadLetterAsync(side, rest[1], rest[2], UserProperties.Check(UserProperties.Read(context.Request.Headers)))),
            _ => throw Unknown(context),
        };
    }

    private static bool IsHead(string[] rest) => rest[1].Equals("head", StringComparison.OrdinalIgnoreCase);

    private static BusException Unknown(HttpContext context) => new(404, $"Service Bus has no {context.Request.Method} {context.Request.Path}");

    private async Task SendAsync(HttpContext context, QueueSpec queue)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var type = context.Request.ContentType;
        var messages = type?.StartsWith(BatchType, StringComparison.OrdinalIgnoreCase) == true ? Batch(body.ToArray()) : [Single(context.Request, body.ToArray(), type)];
        await queues.SendAsync(queue, messages);
        context.Response.StatusCode = 201;
    }

    private static Posting Single(HttpRequest request, byte[] body, string? type)
    {
        var header = request.Headers.TryGetValue(BrokerProperties.HeaderName, out var values) ? values.ToString() : null;
        return BrokerProperties.Read(header, body, type, UserProperties.Check(UserProperties.Read(request.Headers)));
    }

    private static Posting[] Batch(byte[] body)
    {
        if (!Utf8.IsValid(body))
        {
            throw BusException.Malformed("the batch is not valid UTF-8");
        }

        // The array is put into an object, so that one reader of JSON objects serves all.
        var list = BrokerProperties.ParseObject($$"""{"messages":{{Encoding.UTF8.GetString(body)}}}""", "the batch")["messages"] as JsonArray;
        return list is { Count: > 0 and <= MostInBatch }
            ? [.. list.Select(entry => InBatch(entry as JsonObject ?? throw BusException.Malformed("a message of the batch is not an object")))]
            : throw BusException.Malformed($"the batch is not an array of 1 to {MostInBatch} messages");
    }

    private static Posting InBatch(JsonObject entry)
    {
        var body = entry["Body"] is JsonValue value && value.TryGetValue<string>(out var text) ? Encoding.UTF8.GetBytes(text) : throw BusException.Malformed("the Body of a message of the batch is not text");
        return BrokerProperties.Read(Part(entry, "BrokerProperties"), body, null, UserProperties.Check(Part(entry, "UserProperties")));
    }

    private static JsonObject Part(JsonObject entry, string name) => entry[name] switch
    {
        null => [],
        JsonObject part => (JsonObject)part.DeepClone(),
        _ => throw BusException.Malformed($"{name} of a message of the batch is not an object"),
    };

    private async Task ReceiveAsync(HttpContext context, QueueSide side, bool keeps)
    {
        var delivery = await queues.ReceiveAsync(side, keeps, Wait(context.Request), context.RequestAborted);
        if (delivery is null)
        {
            context.Response.StatusCode = 204;
            return;
        }

        try
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            await WriteAsync(context, side, delivery);
        }
        catch (Exception error) when (keeps && error is OperationCanceledException or IOException)
        {
            // Its receiver went away; the next one should not have to wait for the lock.
            await queues.ReturnAsync(side, delivery);
            throw;
        }
    }

    private static async Task WriteAsync(HttpContext context, QueueSide side, Delivery delivery)
    {
        var response = context.Response;
        response.StatusCode = delivery.LockToken is null ? 200 : 201;
        response.ContentType = delivery.ContentType;
        response.ContentLength = delivery.Body.Length;
        response.Headers[BrokerProperties.HeaderName] = BrokerProperties.Write(delivery);
        if (delivery.LockToken is { } token)
        {
            var path = side.Queue.Name + (side.IsDead ? "/" + DeadLetters : "");
            response.Headers.Location = string.Create(CultureInfo.InvariantCulture, $"{context.Request.Scheme}://{context.Request.Host}/{path}/messages/{delivery.Sequence}/{token}");
        }

        foreach (var (name, value) in delivery.User)
        {
            response.Headers[name] = value!.ToJsonString();
        }

        await response.Body.WriteAsync(delivery.Body, context.RequestAborted);
    }

    private static TimeSpan Wait(HttpRequest request)
    {
        var text = request.Query.TryGetValue("timeout", out var value) ? value.ToString() : null;
        return text is null ? TimeSpan.FromSeconds(DefaultWaitSeconds)
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, LongestWaitSeconds))
            : throw BusException.Malformed("timeout is not a whole number of seconds");
    }

    private async Task RenewAsync(HttpContext context, QueueSide side, string id, string token) =>
        context.Response.Headers[BrokerProperties.HeaderName] = BrokerProperties.Locked(await queues.RenewAsync(side, id, token) ?? throw LockLost());

    private static async Task SettleAsync(Task<bool> settling)
    {
        if (!await settling)
        {
            throw LockLost();
        }
    }

    private static BusException LockLost() => new(404, "the lock supplied is invalid: it ran out, or the message was settled already");
}
