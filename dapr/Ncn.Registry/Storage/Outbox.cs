using Dapr.Actors.Runtime;

namespace Ncn.Registry.Storage;

/// <summary>
/// What an actor owes others and could not tell again from its state alone: messages by id in the state entry <c>outbox</c>, staged in the
/// transaction of the turn that made them. The reminder of the same name, set before that commit, comes back until each was confirmed, so a
/// message arrives at least once; its receiver takes a repeat as done.
/// </summary>
internal static class Outbox
{
    internal const string Name = "outbox";

    /// <summary>How long a message waits for its next try, when its receiver did not confirm.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    internal static async Task<Dictionary<string, T>> ReadAsync<T>(IActorStateManager store)
    {
        var found = await store.TryGetStateAsync<Dictionary<string, T>>(Name);
        return found.HasValue ? found.Value : [];
    }

    internal static async Task StageAsync<T>(IActorStateManager store, string id, T message) =>
        await store.SetStateAsync(Name, new Dictionary<string, T>(await ReadAsync<T>(store)) { [id] = message });

    /// <summary>Stages the removal of a message that was confirmed.</summary>
    internal static async Task StageRemovalAsync<T>(IActorStateManager store, string id)
    {
        var left = new Dictionary<string, T>(await ReadAsync<T>(store));
        left.Remove(id);
        await (left.Count > 0 ? store.SetStateAsync(Name, left) : store.TryRemoveStateAsync(Name));
    }
}
