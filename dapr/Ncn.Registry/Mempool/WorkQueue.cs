using Dapr.Client;
using Ncn.Actors;

namespace Ncn.Registry.Mempool;

/// <summary>The work queues of the subnets, by their output bindings.</summary>
internal sealed class WorkQueue(DaprClient dapr)
{
    private const string CreateOperation = "create";

    internal Task SendAsync(string subnetName, WorkMessage message) => dapr.InvokeBindingAsync($"work-{subnetName}", CreateOperation, message);
}
