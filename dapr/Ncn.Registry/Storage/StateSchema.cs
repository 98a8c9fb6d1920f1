using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Ncn.Registry.Storage;

/// <summary>
/// The form in which an actor type keeps its state: a number in the state entry <c>schema</c>. A state without the entry has the first
/// form, 1, which is never written down, or was begun in the current one. The upgrade at place n makes form n + 2 of form n + 1 and leaves
/// alone what has it already; what it stages is read by the next one.
/// </summary>
/// <param name="actorType">Whose state it is.</param>
/// <param name="upgrades">From the first form on.</param>
internal sealed class StateSchema(string actorType, params Func<IActorStateManager, Task>[] upgrades)
{
    internal const string Key = "schema";
    private const int First = 1;

    /// <summary>An entry that every stored state of the type has: without it there is nothing to upgrade, and no number is written.</summary>
    internal string? Root { get; init; }

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

        if (stored == Current || (Root is { } root && !await store.ContainsStateAsync(root)))
        {
            return;
        }

        foreach (var upgrade in upgrades.Skip(stored - First))
        {
            await upgrade(store);
        }

        await store.SetStateAsync(Key, Current);
    }
}
