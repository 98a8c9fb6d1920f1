using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Tells the sidecar what the app subscribes to.</summary>
public static class DaprEndpointRouteBuilderExtensions
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Maps <c>GET dapr/subscribe</c>.</summary>
    public static IEndpointConventionBuilder MapSubscribeHandler(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapSubscribeHandler(null!);

    /// <summary>Maps <c>GET dapr/subscribe</c>, with what every subscription is given.</summary>
    public static IEndpointConventionBuilder MapSubscribeHandler(this IEndpointRouteBuilder endpoints, SubscribeOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapGet("dapr/subscribe", async context =>
        {
            var all = context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints;
            var subscriptions = SubscriptionList.From(all, options?.EnableRawPayload == true);
            await context.Response.WriteAsync(JsonSerializer.Serialize(subscriptions, Json), context.RequestAborted);
        });
    }
}
