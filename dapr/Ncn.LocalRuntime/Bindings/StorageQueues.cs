using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Bindings;

/// <summary>One client for each queue component.</summary>
internal sealed class StorageQueues(IEnumerable<Component> components)
{
    private readonly Dictionary<Component, StorageQueue> queues = components
        .Where(component => component.Type == StorageQueue.ComponentType)
        .Distinct(ReferenceEqualityComparer.Instance)
        .Cast<Component>()
        .ToDictionary(component => component, component => new StorageQueue(component), (IEqualityComparer<Component>)ReferenceEqualityComparer.Instance);

    public StorageQueue this[Component component] => queues[component];
}

/// <summary>The metadata <c>direction</c>: when it is not given, the app is asked with OPTIONS whether it reads.</summary>
internal static class BindingDirection
{
    public static bool Writes(Component component) => component.Get("direction", "output").Contains("output", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null: ask the app.</summary>
    public static bool? Reads(Component component) =>
        component.Get("direction", "") is { Length: > 0 } direction ? direction.Contains("input", StringComparison.OrdinalIgnoreCase) : null;
}
