using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>A reminder in JSON, to the sidecar and from it.</summary>
internal sealed record ReminderBody(string? DueTime, string? Period, byte[]? Data, string? Ttl)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    internal static ReminderBody? Parse(byte[] body) => JsonSerializer.Deserialize<ReminderBody>(body, Json);
}

/// <summary>A timer in JSON, to the sidecar and from it.</summary>
internal sealed record TimerBody(string? DueTime, string? Period, byte[]? Data, string? Callback, string? Ttl)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    internal static TimerBody? Parse(byte[] body) => JsonSerializer.Deserialize<TimerBody>(body, Json);
}
