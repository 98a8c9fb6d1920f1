using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Azure.Messaging.ServiceBus;

/// <summary>Messages of a batch: <c>[{"Body":…,"BrokerProperties":{…},"UserProperties":{…}}, …]</c>.</summary>
internal static class BatchText
{
    public const string ContentType = "application/vnd.microsoft.servicebus.json";

    /// <summary>The bytes around the messages.</summary>
    public const int Brackets = 2;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static ReadOnlyMemory<byte> Of(ServiceBusMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("Body", Body(message));
            json.WritePropertyName("BrokerProperties");
            (BrokerProperties.Of(message) with { ContentType = message.ContentType }).WriteTo(json);
            json.WritePropertyName("UserProperties");
            UserProperties.Write(json, message.ApplicationProperties);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    public static byte[] Join(IEnumerable<ReadOnlyMemory<byte>> messages)
    {
        var text = new MemoryStream();
        foreach (var message in messages)
        {
            text.WriteByte(text.Length == 0 ? (byte)'[' : (byte)',');
            text.Write(message.Span);
        }

        text.WriteByte((byte)']');
        return text.ToArray();
    }

    private static string Body(ServiceBusMessage message)
    {
        try
        {
            return Strict.GetString(message.Body.ToMemory().Span);
        }
        catch (DecoderFallbackException error)
        {
            throw new NotSupportedException("A message of a batch must have a body of text in UTF-8; send one with other bytes by SendMessageAsync.", error);
        }
    }
}
