using Ncn.LocalRuntime.Actors;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.PubSub;

namespace Ncn.LocalRuntime.Sidecars;

/// <summary>What a running app said about itself. <paramref name="Generation"/> grows with every restart.</summary>
internal sealed record AppPresence(int Generation, ActorTypes Actors, IReadOnlyList<Subscription> Subscriptions);

/// <summary>One app of the run template with its own Dapr API; restarts of its process are new generations of the same instance.</summary>
internal sealed class AppInstance(AppSpec spec, IReadOnlyList<Component> components)
{
    private volatile AppPresence? presence;
    private int generation;

    public AppSpec Spec { get; } = spec;

    public string AppId => Spec.AppId;

    /// <summary>The components in whose scope the app is.</summary>
    public IReadOnlyList<Component> Components { get; } = components;

    public AppChannel Channel { get; } = new(spec.AppPort);

    public System.Collections.Concurrent.ConcurrentDictionary<string, string> Extended { get; } = new();

    /// <summary>Null while the app does not answer.</summary>
    public AppPresence? Presence => presence;

    public void Arrive(ActorTypes actors, IReadOnlyList<Subscription> subscriptions) =>
        presence = new AppPresence(Interlocked.Increment(ref generation), actors, subscriptions);

    public void Leave() => presence = null;

    public Component? Find(string name, string typePrefix) => Components.FirstOrDefault(component =>
        component.Name == name && component.Type.StartsWith(typePrefix, StringComparison.Ordinal));
}
