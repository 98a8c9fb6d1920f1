using Dapr.Actors.AspNetCore;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps what the sidecar calls.</summary>
public static class ActorsEndpointRouteBuilderExtensions
{
    private const int HealthOrder = 100;

    /// <summary>Maps configuration, method calls, reminders, timers, deactivation and health.</summary>
    public static IEndpointConventionBuilder MapActorsHandlers(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var runtime = endpoints.ServiceProvider.GetService<ActorRuntime>()
            ?? throw new InvalidOperationException("The actor runtime is not registered. Call services.AddActors(...) first.");
        var handlers = new ActorEndpoints(runtime);
        var health = endpoints.MapHealthChecks("/healthz").WithMetadata(new AllowAnonymousAttribute());
        // An app's own /healthz wins.
        health.Add(builder => ((RouteEndpointBuilder)builder).Order = HealthOrder);
        return new AllOf([
            endpoints.MapGet("dapr/config", handlers.ConfigureAsync),
            endpoints.MapDelete("actors/{actorTypeName}/{actorId}", handlers.DeactivateAsync),
            endpoints.MapPut("actors/{actorTypeName}/{actorId}/method/{methodName}", handlers.CallAsync),
            endpoints.MapPut("actors/{actorTypeName}/{actorId}/method/remind/{reminderName}", handlers.RemindAsync),
            endpoints.MapPut("actors/{actorTypeName}/{actorId}/method/timer/{timerName}", handlers.FireTimerAsync),
            health,
        ]);
    }

    private sealed class AllOf(IReadOnlyList<IEndpointConventionBuilder> builders) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            foreach (var builder in builders)
            {
                builder.Add(convention);
            }
        }

        public void Finally(Action<EndpointBuilder> finallyConvention)
        {
            foreach (var builder in builders)
            {
                builder.Finally(finallyConvention);
            }
        }
    }
}
