using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Ncn.Registry.Storage;

/// <summary>
/// The form in which an actor type keeps its state: a number in the state entry <c>schema</c>. A state without the entry has the first
/// form, 1, which is never written down. The upgrade at place n makes form n + 2 of form n + 1; what it stages is read by the next one.
/// </summary>
internal sealed class StateSchema(string actorType, params Func<IActorStateManager, Task>[] upgrades)
{
    internal const string Key = "schema";
    private const int First = 1;

    /// <summary>The form that this program reads and writes.</summary>
    internal int Current => First + upgrades.Length;

    /// <summary>Stages whatever a stored state lacks of the current form. The turn that reads the state commits it with all else.</summary>
    /// <exception cref="InvalidOperationException">The state has a form that this program does not know; nothing is staged.</exception>
    internal async Task OpenAsync(IActorStateManager store, ActorId actor)
    {
        var found = await store.TryGetStateAsync<int>(Key);
        var stored = found.HasValue ? found.Value : First;
        if (stored < First || stored > Current)
        {
            throw new InvalidOperationException(
                $"The stored state of {actorType} {actor} has schema {stored}, and this program knows {First} to {Current}. Nothing was changed; run the version that wrote it, or a newer one.");
        }

        foreach (var upgrade in upgrades.Skip(stored - First))
        {
            await upgrade(store);
        }

        await (stored < Current ? store.SetStateAsync(Key, Current) : Task.CompletedTask);
    }
}
