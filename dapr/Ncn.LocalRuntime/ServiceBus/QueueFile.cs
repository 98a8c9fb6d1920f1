using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>
/// Reads the queues from a file in the form of the official emulator's Config.json
/// (https://learn.microsoft.com/azure/service-bus-messaging/test-locally-with-service-bus-emulator): durations in ISO 8601.
/// </summary>
internal static partial class QueueFile
{
    private const int MostDeliveries = 2000;
    private static readonly TimeSpan LongestLock = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(3650);

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public static IReadOnlyList<QueueSpec> Read(string? path)
    {
        if (path is null)
        {
            return [];
        }

        try
        {
            var file = JsonSerializer.Deserialize<ConfigFile>(File.ReadAllText(path), Json);
            QueueSpec[] queues = [.. (file?.UserConfig?.Namespaces ?? []).SelectMany(entry => entry.Queues ?? []).Select(entry => ToSpec(entry, path))];
            var repeated = queues.GroupBy(queue => queue.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
            return repeated is null ? queues : throw new ConfigurationException($"{path}: the queue {repeated.Key} is declared twice.");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static QueueSpec ToSpec(QueueEntry entry, string path)
    {
        var name = entry.Name is { } text && QueueName().IsMatch(text)
            ? text
            : throw new ConfigurationException($"{path}: a queue is named '{entry.Name}'; a name has 1 to 260 letters, digits, '.', '-' and '_'.");
        var given = entry.Properties ?? new QueueProperties();
        if (given.RequiresSession)
        {
            throw new ConfigurationException($"{path}: the queue {name} requires sessions, which are not served here.");
        }

        var defaults = new QueueSpec(name);
        return defaults with
        {
            LockDuration = Duration(given.LockDuration, defaults.LockDuration, LongestLock, nameof(given.LockDuration)),
            DefaultMessageTimeToLive = Duration(given.DefaultMessageTimeToLive, defaults.DefaultMessageTimeToLive, LongestLife, nameof(given.DefaultMessageTimeToLive)),
            DeadLetteringOnMessageExpiration = given.DeadLetteringOnMessageExpiration,
            DuplicateWindow = given.RequiresDuplicateDetection
                ? Duration(given.DuplicateDetectionHistoryTimeWindow, TimeSpan.FromMinutes(10), LongestWindow, nameof(given.DuplicateDetectionHistoryTimeWindow))
                : null,
            MaxDeliveryCount = given.MaxDeliveryCount is >= 1 and <= MostDeliveries
                ? given.MaxDeliveryCount
                : throw new ConfigurationException($"{path}: MaxDeliveryCount of {name} is {given.MaxDeliveryCount}; it is 1 to {MostDeliveries}."),
        };

        TimeSpan Duration(string? text, TimeSpan otherwise, TimeSpan longest, string property)
        {
            try
            {
                var value = text is null ? otherwise : XmlConvert.ToTimeSpan(text);
                return value > TimeSpan.Zero && value <= longest ? value : throw new FormatException($"it is more than zero and at most {longest}");
            }
            catch (Exception error) when (error is FormatException or OverflowException)
            {
                throw new ConfigurationException($"{path}: {property} of {name} is '{text}': {error.Message}.", error);
            }
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,259}$")]
    private static partial Regex QueueName();

    private sealed record ConfigFile(UserConfig? UserConfig);

    private sealed record UserConfig(List<NamespaceEntry>? Namespaces);

    private sealed record NamespaceEntry(string? Name, List<QueueEntry>? Queues);

    private sealed record QueueEntry(string? Name, QueueProperties? Properties);

    private sealed record QueueProperties
    {
        public string? LockDuration { get; init; }

        public string? DefaultMessageTimeToLive { get; init; }

        public string? DuplicateDetectionHistoryTimeWindow { get; init; }

        public bool RequiresDuplicateDetection { get; init; }

        public bool RequiresSession { get; init; }

        public bool DeadLetteringOnMessageExpiration { get; init; }

        public int MaxDeliveryCount { get; init; } = 10;
    }
}
