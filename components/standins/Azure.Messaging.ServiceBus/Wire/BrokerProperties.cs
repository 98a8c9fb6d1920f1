using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Azure.Messaging.ServiceBus;

/// <summary>The header <c>BrokerProperties</c> of the REST API: what the sender set and what the broker added, as one line of JSON.</summary>
internal sealed record BrokerProperties
{
    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Converters = { new MomentConverter(), new SecondsConverter() },
    };

    public string? MessageId { get; init; }

    public string? ContentType { get; init; }

    public string? CorrelationId { get; init; }

    public string? Label { get; init; }

    public string? To { get; init; }

    public string? ReplyTo { get; init; }

    public string? SessionId { get; init; }

    public string? PartitionKey { get; init; }

    /// <summary>In seconds on the wire.</summary>
    public TimeSpan? TimeToLive { get; init; }

    public DateTimeOffset? ScheduledEnqueueTimeUtc { get; init; }

    public DateTimeOffset? EnqueuedTimeUtc { get; init; }

    public DateTimeOffset? LockedUntilUtc { get; init; }

    public Guid? LockToken { get; init; }

    public int? DeliveryCount { get; init; }

    public long? SequenceNumber { get; init; }

    public static BrokerProperties Of(ServiceBusMessage message) => new()
    {
        MessageId = message.MessageId,
        CorrelationId = message.CorrelationId,
        Label = message.Subject,
        To = message.To,
        ReplyTo = message.ReplyTo,
        SessionId = message.SessionId,
        PartitionKey = message.PartitionKey,
        TimeToLive = message.TimeToLive == TimeSpan.MaxValue ? null : message.TimeToLive,
        ScheduledEnqueueTimeUtc = message.ScheduledEnqueueTime == default ? null : message.ScheduledEnqueueTime,
    };

    public static BrokerProperties Parse(string text) =>
        JsonSerializer.Deserialize<BrokerProperties>(text, Json) ?? throw new JsonException("BrokerProperties is null.");

    /// <summary>ASCII only, as a header must be.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, Json);

    public void WriteTo(Utf8JsonWriter json) => JsonSerializer.Serialize(json, this, Json);

    /// <summary>RFC 1123: <c>Wed, 02 Jul 2014 01:32:27 GMT</c>.</summary>
    private sealed class MomentConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
                ? moment
                : throw new JsonException("A moment is not of the form of RFC 1123.");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString("R", CultureInfo.InvariantCulture));
    }

    private sealed class SecondsConverter : JsonConverter<TimeSpan>
    {
        private const double Longest = 922337203685;

        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDouble() is >= 0 and < Longest and var seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.TotalSeconds);
    }
}
