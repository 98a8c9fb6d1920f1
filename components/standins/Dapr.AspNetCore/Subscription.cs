namespace Dapr;

/// <summary>One element of the answer to <c>GET dapr/subscribe</c>.</summary>
internal sealed record Subscription(
    string Topic,
    string PubsubName,
    string? Route,
    SubscriptionRoutes? Routes,
    SortedDictionary<string, string>? Metadata,
    string? DeadLetterTopic);

internal sealed record SubscriptionRoutes(string? Default, IReadOnlyList<SubscriptionRule> Rules);

internal sealed record SubscriptionRule(string Match, string Path);
