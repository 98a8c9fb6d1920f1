using Ncn.LocalRuntime.Bindings;
using Ncn.LocalRuntime.Secrets;
using Ncn.LocalRuntime.State;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>The types of components that this runtime has. Like daprd it does not start with a component of another type.</summary>
internal static class ComponentTypes
{
    private static readonly string[] Known = [StateStores.ComponentType, "pubsub.in-memory", StorageQueue.ComponentType, "bindings.cron", LocalFileSecrets.ComponentType];

    /// <exception cref="ConfigurationException">One is of another type.</exception>
    public static IReadOnlyList<Component> Require(IReadOnlyList<Component> components) => components.FirstOrDefault(component => !Known.Contains(component.Type)) is { } other
        ? throw new ConfigurationException($"Component {other.Name} is of type {other.Type}, which needs what is not on this machine; the local runtime has {string.Join(", ", Known)} (dapr/components/local).")
        : components;
}
