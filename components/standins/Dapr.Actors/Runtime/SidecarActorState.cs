using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Runtime;

/// <summary>One pending operation of a state transaction; a null type is a delete.</summary>
internal sealed record StateOperation(string Key, Type? Type, object? Value, DateTimeOffset? ExpiresAt);

/// <summary>Reads and commits the state of actors through the sidecar.</summary>
internal sealed class SidecarActorState(ActorSidecar sidecar, JsonSerializerOptions json)
{
    /// <summary>The value's JSON, null when the key is missing, and when it expires.</summary>
    internal async Task<(byte[]? Json, DateTimeOffset? ExpiresAt)> ReadAsync(string actorType, string actorId, string key, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, sidecar.UriOf(actorType, actorId, "state", key));
        using var response = await sidecar.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent || body.Length == 0)
        {
            return (null, null);
        }
        return (body, ExpiryOf(response));
    }

    internal T? Parse<T>(byte[] value) => JsonSerializer.Deserialize<T>(value, json);

    internal async Task CommitAsync(string actorType, string actorId, IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, sidecar.UriOf(actorType, actorId, "state"));
        // The official client sends the transaction as text; daprd does not look at the type.
        request.Content = new StringContent(Write(operations), Encoding.UTF8, "text/plain");
        using var response = await sidecar.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private static DateTimeOffset? ExpiryOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(Wire.TtlHeaderName, out var values) && values.FirstOrDefault() is { Length: > 0 } text
            ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            : null;

    private string Write(IReadOnlyList<StateOperation> operations)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            foreach (var operation in operations)
            {
                WriteOperation(writer, operation);
            }
            writer.WriteEndArray();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private void WriteOperation(Utf8JsonWriter writer, StateOperation operation)
    {
        writer.WriteStartObject();
        writer.WriteString("operation", operation.Type is null ? "delete" : "upsert");
        writer.WriteStartObject("request");
        writer.WriteString("key", operation.Key);
        if (operation.Type is not null)
        {
            writer.WritePropertyName("value");
            JsonSerializer.Serialize(writer, operation.Value, operation.Type, json);
            WriteExpiry(writer, operation.ExpiresAt);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteExpiry(Utf8JsonWriter writer, DateTimeOffset? expiresAt)
    {
        if (expiresAt is not { } moment)
        {
            return;
        }
        var seconds = (int)Math.Clamp(Math.Ceiling((moment - DateTimeOffset.UtcNow).TotalSeconds), 1, int.MaxValue);
        writer.WriteStartObject("metadata");
        writer.WriteString("ttlInSeconds", seconds.ToString(CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }
}
