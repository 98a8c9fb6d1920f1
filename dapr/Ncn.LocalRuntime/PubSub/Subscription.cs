using System.Text.Json;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.PubSub;

/// <summary>A route of a subscription; <paramref name="Match"/> null takes every event.</summary>
internal sealed record TopicRule(EventMatch? Match, string Path);

/// <summary>What an app's <c>GET dapr/subscribe</c> lists, or a Subscription file.</summary>
internal sealed record Subscription(string PubSubName, string Topic, IReadOnlyList<TopicRule> Rules, string? DeadLetterTopic, bool Raw, bool Bulk, string Kind)
{
    private const int MostSubscriptions = 1000;

    public string? RouteFor(JsonElement? cloudEvent) =>
        Rules.FirstOrDefault(rule => rule.Match is null || (cloudEvent is { } present && rule.Match.Holds(present)))?.Path;

    public static IReadOnlyList<Subscription> ParseAll(byte[] body)
    {
        if (body.Length == 0)
        {
            return [];
        }

        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() > MostSubscriptions)
        {
            throw new FormatException($"dapr/subscribe does not answer with an array of at most {MostSubscriptions} subscriptions");
        }

        return [.. document.RootElement.EnumerateArray().Select(Parse)];
    }

    public object Describe() => new
    {
        pubsubname = PubSubName,
        topic = Topic,
        deadLetterTopic = DeadLetterTopic ?? "",
        metadata = new Dictionary<string, string>(),
        rules = Rules.Select(rule => new { match = rule.Match?.Text ?? "", path = rule.Path }),
        type = Kind,
    };

    private static Subscription Parse(JsonElement item)
    {
        var name = Text(item, "pubsubname") ?? Text(item, "pubsubName") ?? throw new FormatException("a subscription has no pubsubname");
        var topic = Text(item, "topic") ?? throw new FormatException("a subscription has no topic");
        var raw = item.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && (Text(metadata, "rawPayload") ?? Text(metadata, "RawPayload")) == "true";
        var bulk = item.TryGetProperty("bulkSubscribe", out var bulkOptions) && bulkOptions.ValueKind == JsonValueKind.Object
            && bulkOptions.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True;
        return new Subscription(name, topic, ParseRules(item, topic), Text(item, "deadLetterTopic"), raw, bulk, "PROGRAMMATIC");
    }

    private static List<TopicRule> ParseRules(JsonElement item, string topic)
    {
        var rules = new List<TopicRule>();
        if (item.TryGetProperty("routes", out var routes) && routes.ValueKind == JsonValueKind.Object)
        {
            if (routes.TryGetProperty("rules", out var list) && list.ValueKind == JsonValueKind.Array)
            {
                rules.AddRange(list.EnumerateArray().Select(rule => new TopicRule(EventMatch.Parse(Text(rule, "match")), Text(rule, "path") ?? "")));
            }

            if (Text(routes, "default") is { Length: > 0 } fallback)
            {
                rules.Add(new TopicRule(null, fallback));
            }
        }
        else
        {
            rules.Add(new TopicRule(null, Text(item, "route") ?? throw new FormatException($"the subscription to topic {topic} has no route")));
        }

        return rules;
    }

    private static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Subscriptions that are declared in files (kind Subscription, dapr.io/v2alpha1).</summary>
internal static class SubscriptionFiles
{
    public static IReadOnlyList<(Subscription Subscription, IReadOnlyList<string> Scopes)> Read(string folder) =>
        [.. ComponentFiles.FilesOf(folder)
            .SelectMany(path => YamlFile.ReadKind<Document>(path, "Subscription"))
            .Select(document => (ToSubscription(document.Spec), (IReadOnlyList<string>)document.Scopes))];

    private static Subscription ToSubscription(Spec spec)
    {
        var rules = spec.Routes.Rules.Select(rule => new TopicRule(EventMatch.Parse(rule.Match), rule.Path)).ToList();
        if (spec.Routes.Default is { Length: > 0 } fallback)
        {
            rules.Add(new TopicRule(null, fallback));
        }

        var raw = spec.Metadata.GetValueOrDefault("rawPayload") == "true";
        return new Subscription(spec.Pubsubname, spec.Topic, rules, spec.DeadLetterTopic, raw, spec.BulkSubscribe.Enabled, "DECLARATIVE");
    }

    private sealed class Document
    {
        public Spec Spec { get; set; } = new();

        public List<string> Scopes { get; set; } = [];
    }

    private sealed class Spec
    {
        public string Pubsubname { get; set; } = "";

        public string Topic { get; set; } = "";

        public string? DeadLetterTopic { get; set; }

        public RoutesEntry Routes { get; set; } = new();

        public BulkEntry BulkSubscribe { get; set; } = new();

        public Dictionary<string, string> Metadata { get; set; } = [];
    }

    private sealed class RoutesEntry
    {
        public string? Default { get; set; }

        public List<RuleEntry> Rules { get; set; } = [];
    }

    private sealed class RuleEntry
    {
        public string Match { get; set; } = "";

        public string Path { get; set; } = "";
    }

    private sealed class BulkEntry
    {
        public bool Enabled { get; set; }
    }
}
