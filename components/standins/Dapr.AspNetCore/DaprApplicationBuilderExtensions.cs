using Dapr;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the Dapr middleware.</summary>
public static class DaprApplicationBuilderExtensions
{
    /// <summary>Unwraps CloudEvents, so that endpoints see the event's data as their body.</summary>
    public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseMiddleware<CloudEventsMiddleware>();
    }
}
