using System.Text;
using Dapr.Actors.Runtime;
using Ncn.Coordination.Subnets.Policies;

namespace Ncn.Registry.Subnets;

/// <summary>A subnet's policy documents in the state store, in their canonical form.</summary>
internal static class PolicyStore
{
    private const string InForceKey = "policy";
    private const string PreparedKey = "policy-prepared";

    internal static async Task<SubnetPolicies> LoadAsync(IActorStateManager store) =>
        new(await LoadAsync(store, InForceKey), await LoadAsync(store, PreparedKey));

    /// <summary>Stages what differs; the caller commits it.</summary>
    internal static async Task StageAsync(IActorStateManager store, SubnetPolicies before, SubnetPolicies after)
    {
        if (!ReferenceEquals(before.InForce, after.InForce))
        {
            await StageAsync(store, InForceKey, after.InForce);
        }

        if (!ReferenceEquals(before.Prepared, after.Prepared))
        {
            await StageAsync(store, PreparedKey, after.Prepared);
        }
    }

    private static Task StageAsync(IActorStateManager store, string key, PolicyDocument? policy) =>
        policy is null ? store.TryRemoveStateAsync(key) : store.SetStateAsync(key, Encoding.UTF8.GetString(policy.Canonical()));

    private static async Task<PolicyDocument?> LoadAsync(IActorStateManager store, string key)
    {
        var kept = await store.TryGetStateAsync<string>(key);
        return !kept.HasValue ? null
            : PolicyReader.TryRead(Encoding.UTF8.GetBytes(kept.Value), out var policy, out var problem) ? policy
            : throw new InvalidOperationException($"The stored state {key} of a subnet is no policy: {problem}.");
    }
}
