using Dapr.Actors.Runtime;
using Ncn.Coordination.Subnets;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Subnets;

/// <summary>What the chain told of a subnet, in the state store: the parameters in one entry, the stakes in sixteen.</summary>
internal static class MirrorStore
{
    private const string ParametersKey = "chain-parameters";
    private const string StakesName = "stakes";

    internal static async Task<SubnetMirror> LoadAsync(IActorStateManager store)
    {
        var parameters = await store.TryGetStateAsync<MirroredParameters>(ParametersKey);
        return new SubnetMirror(
            parameters.HasValue ? parameters.Value : null, await Buckets.LoadAsync(store, StakesName, SubnetMirror.Empty.Stakes));
    }

    /// <summary>Stages what differs; the caller commits it.</summary>
    internal static async Task StageAsync(IActorStateManager store, SubnetMirror before, SubnetMirror after)
    {
        if (after.Parameters is { } parameters && parameters != before.Parameters)
        {
            await store.SetStateAsync(ParametersKey, parameters);
        }

        await Buckets.StageAsync(store, StakesName, before.Stakes, after.Stakes);
    }
}
