using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Dapr;

/// <summary>Collects an app's subscriptions from the metadata of its endpoints.</summary>
internal static class SubscriptionList
{
    private const string RawPayload = "rawPayload";

    internal static IReadOnlyList<Subscription> From(IEnumerable<Endpoint> endpoints, bool enableRawPayload) =>
        [.. endpoints
            .OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetOrderedMetadata<ITopicMetadata>().Select(topic => new Target(topic, endpoint)))
            .Where(target => target.Topic.Name is not null)
            .GroupBy(target => (target.Topic.PubsubName, target.Topic.Name))
            .Select(group => Merge([.. group.OrderBy(target => target.Topic.Priority)], enableRawPayload))
            .OrderBy(subscription => subscription.PubsubName, StringComparer.Ordinal)
            .ThenBy(subscription => subscription.Topic, StringComparer.Ordinal)];

    private static Subscription Merge(IReadOnlyList<Target> targets, bool enableRawPayload)
    {
        var first = targets[0].Topic;
        var rules = targets.Where(target => !string.IsNullOrEmpty(target.Topic.Match))
            .Select(target => new SubscriptionRule(target.Topic.Match!, target.Route))
            .ToList();
        var fallback = targets.FirstOrDefault(target => string.IsNullOrEmpty(target.Topic.Match))?.Route;
        var metadata = MetadataOf(targets);
        if (enableRawPayload || targets.Any(target => (target.Topic as IRawTopicMetadata)?.EnableRawPayload == true))
        {
            metadata[RawPayload] = "true";
        }
        return new Subscription(
            first.Name,
            first.PubsubName,
            rules.Count == 0 ? fallback : null,
            rules.Count == 0 ? null : new SubscriptionRoutes(fallback, rules),
            metadata.Count == 0 ? null : metadata,
            (first as IDeadLetterTopicMetadata)?.DeadLetterTopic);
    }

    private static SortedDictionary<string, string> MetadataOf(IReadOnlyList<Target> targets)
    {
        var separator = targets.Select(target => (target.Topic as IOwnedOriginalTopicMetadata)?.MetadataSeparator)
            .FirstOrDefault(text => !string.IsNullOrEmpty(text)) ?? ",";
        var values = targets.SelectMany(target => target.Metadata).GroupBy(entry => entry.Name, entry => entry.Value);
        return new SortedDictionary<string, string>(
            values.ToDictionary(group => group.Key, group => string.Join(separator, group.Distinct())), StringComparer.Ordinal);
    }

    /// <summary>A topic and the endpoint that receives it.</summary>
    private sealed record Target(ITopicMetadata Topic, RouteEndpoint Endpoint)
    {
        /// <summary>The route without a leading slash. A route with parameters cannot receive a topic: it throws, as the official handler does.</summary>
        internal string Route => string.Join('/', Endpoint.RoutePattern.PathSegments
            .Select(segment => string.Concat(segment.Parts.Cast<RoutePatternLiteralPart>().Select(part => part.Content))));

        internal IEnumerable<IOriginalTopicMetadata> Metadata
        {
            get
            {
                var owned = (Topic as IOwnedOriginalTopicMetadata)?.OwnedMetadatas ?? [];
                return Endpoint.Metadata.GetOrderedMetadata<IOriginalTopicMetadata>()
                    .Where(entry => string.IsNullOrEmpty(entry.Id) || owned.Contains(entry.Id, StringComparer.Ordinal));
            }
        }
    }
}
