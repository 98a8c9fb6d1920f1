using System.Globalization;
using System.Text.Json;
using Azure.Messaging.ServiceBus;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>The part of host.json that Service Bus triggers need: <c>extensions.serviceBus</c>, with the defaults of the Functions host.</summary>
internal sealed record ServiceBusHostFile(bool AutoCompleteMessages, int MaxConcurrentCalls, TimeSpan MaxAutoLockRenewalDuration)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static ServiceBusHostFile Default { get; } = new(AutoCompleteMessages: true, MaxConcurrentCalls: 16, MaxAutoLockRenewalDuration: TimeSpan.FromMinutes(5));

    /// <exception cref="InvalidOperationException">host.json is not valid JSON, or has a value of another kind.</exception>
    public static ServiceBusHostFile Read(string directory)
    {
        var path = Path.Combine(directory, "host.json");
        if (!File.Exists(path))
        {
            return Default;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path), Lenient);
            return document.RootElement.TryGetProperty("extensions", out var extensions) && extensions.TryGetProperty("serviceBus", out var settings)
                ? Read(settings)
                : Default;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidOperationException($"{path}, extensions.serviceBus: {exception.Message}", exception);
        }
    }

    public ServiceBusProcessorOptions ToOptions(bool? autoComplete) => new()
    {
        AutoCompleteMessages = autoComplete ?? AutoCompleteMessages,
        MaxConcurrentCalls = MaxConcurrentCalls,
        MaxAutoLockRenewalDuration = MaxAutoLockRenewalDuration,
    };

    private static ServiceBusHostFile Read(JsonElement settings) => new(
        settings.TryGetProperty("autoCompleteMessages", out var complete) ? complete.GetBoolean() : Default.AutoCompleteMessages,
        settings.TryGetProperty("maxConcurrentCalls", out var calls) ? calls.GetInt32() : Default.MaxConcurrentCalls,
        settings.TryGetProperty("maxAutoLockRenewalDuration", out var renewal)
            ? TimeSpan.Parse(renewal.GetString()!, CultureInfo.InvariantCulture)
            : Default.MaxAutoLockRenewalDuration);
}
