using Dapr.Actors.Runtime;

namespace Ncn.Registry.Storage;

/// <summary>
/// An actor that keeps its state in memory between turns. One turn: (1) load, (2) apply the pure core, (3) stage what differs and set
/// wake-ups, (4) commit in one transaction, (5) carry out the outputs.
/// </summary>
internal abstract class StoredActor<TState>(ActorHost host, StateSchema schema) : Actor(host)
    where TState : class
{
    private TState? _state;

    /// <summary>Puts the state together from its entries, which have the current form.</summary>
    protected abstract Task<TState> ReadAsync();

    protected async ValueTask<TState> LoadAsync()
    {
        if (_state is { } loaded)
        {
            return loaded;
        }

        await schema.OpenAsync(StateManager, Id);
        return _state = await ReadAsync();
    }

    /// <summary>Commits all that was staged; nothing staged is nothing written.</summary>
    protected async Task CommitAsync(TState next)
    {
        await SaveStateAsync();
        _state = next;
    }

    // Whether a failed commit was done or not is known to the store alone: the next turn asks it.
    protected override Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        _state = null;
        return Task.CompletedTask;
    }
}
