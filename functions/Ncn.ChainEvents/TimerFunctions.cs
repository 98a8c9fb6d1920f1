using Microsoft.Azure.Functions.Worker;
using Ncn.ChainEvents.Applying;
using Ncn.ChainEvents.Funding;
using Ncn.ChainEvents.Settlement;

namespace Ncn.ChainEvents;

/// <summary>What happens by itself. A run that fails is logged by the host and repeated when next due; each run reads the chain anew.</summary>
public sealed class TimerFunctions(Settler settler, NodeFunder funder, SubnetViews subnets)
{
    /// <summary>Once a minute: claims what is due and sweeps it to the operator.</summary>
    [Function("ClaimVouchers")]
    public Task ClaimVouchers([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        settler.RunAsync(cancellationToken);

    /// <summary>Every two seconds, since a node without money in its channel gets no paid work: fills up the channels to nodes.</summary>
    [Function("FundNodes")]
    public Task FundNodes([TimerTrigger("*/2 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        funder.RunAsync(cancellationToken);

    /// <summary>Every five seconds: what of the subnets changes by time alone, or was missed.</summary>
    [Function("FollowSubnets")]
    public Task FollowSubnets([TimerTrigger("*/5 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        subnets.FollowAsync(cancellationToken);
}
