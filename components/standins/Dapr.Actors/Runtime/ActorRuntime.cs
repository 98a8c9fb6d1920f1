using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Communication;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>All actor types of the app.</summary>
public sealed class ActorRuntime
{
    private readonly ActorRuntimeOptions options;
    private readonly Dictionary<string, HostedActorType> types;

    internal ActorRuntime(ActorRuntimeOptions options, ILoggerFactory loggerFactory, ActorActivatorFactory activators, IActorProxyFactory proxyFactory)
    {
        this.options = options;
        var sidecar = new ActorSidecar(ActorSidecar.SharedHandler, options.HttpEndpoint, options.DaprApiToken, null);
        types = options.Actors.ToDictionary(
            registration => registration.Type.ActorTypeName,
            registration => new HostedActorType(
                registration.Type,
                activators.CreateActivator(registration.Type),
                options.JsonSerializerOptions,
                options.UseJsonSerialization,
                loggerFactory,
                proxyFactory,
                sidecar),
            StringComparer.Ordinal);
    }

    /// <summary>The hosted actor types.</summary>
    public IReadOnlyList<ActorRegistration> RegisteredActors => options.Actors;

    internal HostedActorType this[string actorTypeName] => types.TryGetValue(actorTypeName, out var type)
        ? type
        : throw new InvalidOperationException($"Actor type {actorTypeName} is not registered with Actor runtime.");

    /// <summary>The answer to <c>GET dapr/config</c>.</summary>
    internal byte[] WriteConfiguration()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            WriteNames(writer, options.Actors);
            WriteOptions(writer, options);
            WriteTypeOptions(writer, [.. options.Actors.Where(registration => registration.TypeOptions is not null)]);
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void WriteTypeOptions(Utf8JsonWriter writer, IReadOnlyList<ActorRegistration> registrations)
    {
        if (registrations.Count == 0)
        {
            return;
        }
        writer.WriteStartArray("entitiesConfig");
        foreach (var registration in registrations)
        {
            writer.WriteStartObject();
            WriteNames(writer, [registration]);
            WriteOptions(writer, registration.TypeOptions!);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter writer, IEnumerable<ActorRegistration> registrations)
    {
        writer.WriteStartArray("entities");
        foreach (var registration in registrations)
        {
            writer.WriteStringValue(registration.Type.ActorTypeName);
        }
        writer.WriteEndArray();
    }

    private static void WriteOptions(Utf8JsonWriter writer, ActorRuntimeOptions options)
    {
        WriteDuration(writer, "actorIdleTimeout", options.ActorIdleTimeout);
        WriteDuration(writer, "actorScanInterval", options.ActorScanInterval);
        WriteDuration(writer, "drainOngoingCallTimeout", options.DrainOngoingCallTimeout);
        if (options.DrainRebalancedActors)
        {
            writer.WriteBoolean("drainRebalancedActors", true);
        }
        if (options.RemindersStoragePartitions is { } partitions)
        {
            writer.WriteNumber("remindersStoragePartitions", partitions);
        }
        writer.WriteStartObject("reentrancy");
        writer.WriteBoolean("enabled", options.ReentrancyConfig.Enabled);
        if (options.ReentrancyConfig.MaxStackDepth is { } depth)
        {
            writer.WriteNumber("maxStackDepth", depth);
        }
        writer.WriteEndObject();
    }

    private static void WriteDuration(Utf8JsonWriter writer, string name, TimeSpan? value)
    {
        if (value is { } duration)
        {
            writer.WriteString(name, ActorDuration.Format(duration));
        }
    }
}
