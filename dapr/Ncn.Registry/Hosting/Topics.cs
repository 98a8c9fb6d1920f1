using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Registry.Hosting;

/// <summary>Names of the broker and its topics, and how a message is taken from one.</summary>
internal static class Topics
{
    internal const string PubSub = "pubsub";
    internal const string Mempool = "mempool";
    internal const string Results = "results";

    /// <summary>
    /// Handles one message. One that can never be read is dropped, since the broker would bring it back for ever; what the handler
    /// throws is answered with 500, and the broker repeats the message.
    /// </summary>
    internal static async Task ReceiveAsync<T>(HttpContext http, ILogger log, Func<T, Task> handle)
        where T : class
    {
        T message;
        try
        {
            message = await JsonSerializer.DeserializeAsync<T>(http.Request.Body, ProtocolJson.Options, http.RequestAborted)
                ?? throw new JsonException("The message is null.");
        }
        catch (JsonException malformed)
        {
            log.LogWarning("A message on {Path} is not a {Type} and is dropped: {Reason}", http.Request.Path, typeof(T).Name, malformed.Message);
            await http.Response.WriteAsJsonAsync(new { status = "DROP" }, http.RequestAborted);
            return;
        }

        await handle(message);
        await http.Response.WriteAsJsonAsync(new { status = "SUCCESS" }, http.RequestAborted);
    }
}
