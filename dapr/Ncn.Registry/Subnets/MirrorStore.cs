using Dapr.Actors.Runtime;
using Ncn.Coordination.Subnets;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Subnets;

/// <summary>What the chain told of a subnet, in the state store: parameters and owner in an entry each, the stakes in sixteen.</summary>
internal static class MirrorStore
{
    private const string ParametersKey = "chain-parameters";
    private const string ProposedKey = "chain-proposed";
    private const string OwnerKey = "chain-owner";
    private const string StakesName = "stakes";

    internal static async Task<SubnetMirror> LoadAsync(IActorStateManager store)
    {
        var parameters = await store.TryGetStateAsync<MirroredParameters>(ParametersKey);
        var proposed = await store.TryGetStateAsync<ProposedParameters>(ProposedKey);
        var owner = await store.TryGetStateAsync<MirroredOwner>(OwnerKey);
        return new SubnetMirror(
            parameters.HasValue ? parameters.Value : null, await Buckets.LoadAsync(store, StakesName, SubnetMirror.Empty.Stakes))
        {
            Proposed = proposed.HasValue ? proposed.Value : null,
            Owner = owner.HasValue ? owner.Value : null,
        };
    }

    /// <summary>Stages what differs; the caller commits it.</summary>
    internal static async Task StageAsync(IActorStateManager store, SubnetMirror before, SubnetMirror after)
    {
        await StageAsync(store, ParametersKey, before.Parameters, after.Parameters);
        await StageAsync(store, ProposedKey, before.Proposed, after.Proposed);
        await StageAsync(store, OwnerKey, before.Owner, after.Owner);
        await Buckets.StageAsync(store, StakesName, before.Stakes, after.Stakes);
    }

    private static Task StageAsync<T>(IActorStateManager store, string key, T? before, T? after)
        where T : class =>
        EqualityComparer<T>.Default.Equals(before, after) ? Task.CompletedTask
        : after is null ? store.TryRemoveStateAsync(key)
        : store.SetStateAsync(key, after);
}
