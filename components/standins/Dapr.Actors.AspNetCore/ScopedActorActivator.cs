using Dapr.Actors.Runtime;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Actors.AspNetCore;

/// <summary>Makes each actor in a dependency injection scope of its own, which ends with the activation.</summary>
internal sealed class ScopedActorActivator(IServiceScopeFactory scopes, ActorTypeInformation type) : ActorActivator
{
    private readonly ObjectFactory create = ActivatorUtilities.CreateFactory(type.ImplementationType, [typeof(ActorHost)]);

    public override async Task<ActorActivatorState> CreateAsync(ActorHost host)
    {
        var scope = scopes.CreateAsyncScope();
        try
        {
            return new ScopedState((Actor)create(scope.ServiceProvider, [host]), scope);
        }
        catch
        {
            await scope.DisposeAsync();
            throw;
        }
    }

    public override async Task DeleteAsync(ActorActivatorState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        try
        {
            await DisposeActorAsync(state.Actor);
        }
        finally
        {
            await ((ScopedState)state).Scope.DisposeAsync();
        }
    }

    private static async ValueTask DisposeActorAsync(Actor actor)
    {
        if (actor is IAsyncDisposable later)
        {
            await later.DisposeAsync();
        }
        else
        {
            (actor as IDisposable)?.Dispose();
        }
    }

    private sealed class ScopedState(Actor actor, AsyncServiceScope scope) : ActorActivatorState(actor)
    {
        internal AsyncServiceScope Scope { get; } = scope;
    }
}

internal sealed class ScopedActorActivatorFactory(IServiceScopeFactory scopes) : ActorActivatorFactory
{
    public override ActorActivator CreateActivator(ActorTypeInformation type) => new ScopedActorActivator(scopes, type);
}
