using System.Collections.Concurrent;
using System.Globalization;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Resiliency;

/// <summary>The policies of a Resiliency file (dapr.io/v1alpha1) by target; without a file no policy applies.</summary>
internal sealed class ResiliencyPolicies
{
    private readonly ResiliencyDocument document;
    private readonly string path;
    private readonly ConcurrentDictionary<string, TargetPolicy> resolved = new();

    private ResiliencyPolicies(ResiliencyDocument document, string path) => (this.document, this.path) = (document, path);

    public static ResiliencyPolicies Read(string? path)
    {
        IReadOnlyList<ResiliencyDocument> documents = path is null ? [new()] : YamlFile.ReadKind<ResiliencyDocument>(path, "Resiliency");
        if (documents.Count != 1)
        {
            throw new ConfigurationException($"{path} has {documents.Count} documents of kind Resiliency; the local runtime reads one.");
        }

        var policies = new ResiliencyPolicies(documents[0], path ?? "");
        policies.ResolveAll();
        return policies;
    }

    public TargetPolicy ForApp(string appId) => Find("app " + appId);

    public TargetPolicy ForActor(string type) => Find("actor " + type);

    public TargetPolicy ForComponentInbound(string name) => Find("inbound " + name);

    public TargetPolicy ForComponentOutbound(string name) => Find("outbound " + name);

    private TargetPolicy Find(string target) => resolved.GetValueOrDefault(target, TargetPolicy.None);

    private void ResolveAll()
    {
        var targets = document.Spec.Targets;
        Add("app ", targets.Apps);
        Add("actor ", targets.Actors);
        Add("inbound ", targets.Components.ToDictionary(entry => entry.Key, entry => entry.Value.Inbound));
        Add("outbound ", targets.Components.ToDictionary(entry => entry.Key, entry => entry.Value.Outbound));
    }

    private void Add(string kind, Dictionary<string, TargetEntry> entries)
    {
        foreach (var (name, entry) in entries)
        {
            resolved[kind + name] = new TargetPolicy(
                entry.Timeout is { } timeout ? Durations.Parse(Lookup(document.Spec.Policies.Timeouts, timeout, name)) : null,
                entry.Retry is { } retry ? ToRetry(Lookup(document.Spec.Policies.Retries, retry, name)) : null,
                entry.CircuitBreaker is { } breaker ? new CircuitBreaker(ToBreaker(Lookup(document.Spec.Policies.CircuitBreakers, breaker, name))) : null);
        }
    }

    private T Lookup<T>(Dictionary<string, T> policies, string name, string target) =>
        policies.TryGetValue(name, out var policy)
            ? policy
            : throw new ConfigurationException($"{path}: target {target} uses the policy '{name}', which is not defined.");

    private static RetryPolicy ToRetry(RetryEntry entry) => new(
        entry.Policy.Equals("exponential", StringComparison.OrdinalIgnoreCase),
        Durations.Parse(entry.Duration ?? (entry.Policy.Equals("exponential", StringComparison.OrdinalIgnoreCase) ? "500ms" : "5s")),
        Durations.Parse(entry.MaxInterval),
        entry.MaxRetries) { Statuses = StatusRanges.Parse(entry.Matching.HttpStatusCodes) };

    private BreakerPolicy ToBreaker(BreakerEntry entry)
    {
        var words = entry.Trip.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is ["consecutiveFailures", ">", var count] && int.TryParse(count, CultureInfo.InvariantCulture, out var failures)
            ? new BreakerPolicy(failures, Durations.Parse(entry.Timeout))
            : throw new ConfigurationException($"{path}: the trip rule '{entry.Trip}' is not understood; the local runtime knows consecutiveFailures > N.");
    }
}
