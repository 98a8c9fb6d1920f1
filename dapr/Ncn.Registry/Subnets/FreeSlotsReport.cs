using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Subnets;

/// <summary>
/// Tells the mempool how much room the nodes have, beside the turn: a heartbeat never waits for it. One report is under way at a
/// time; a lost one is made good by the next, a second later.
/// </summary>
internal sealed class FreeSlotsReport(ActorHost host)
{
    private readonly ILogger _log = host.LoggerFactory.CreateLogger<FreeSlotsReport>();
    private Task _underWay = Task.CompletedTask;

    internal void Send(SubnetId subnet, uint freeSlots)
    {
        if (_underWay.IsCompleted)
        {
            _underWay = SendAsync(subnet, freeSlots);
        }
    }

    private async Task SendAsync(SubnetId subnet, uint freeSlots)
    {
        try
        {
            await host.ProxyFactory.CreateActorProxy<IMempoolActor>(ActorTypes.IdOf(subnet), ActorTypes.Mempool).SetFreeSlotsAsync(freeSlots);
        }
        catch (Exception failure)
        {
            _log.LogWarning("The mempool of subnet {Subnet} was not told of {FreeSlots} free slots; the next report follows in a second: {Reason}", subnet, freeSlots, failure.Message);
        }
    }
}
