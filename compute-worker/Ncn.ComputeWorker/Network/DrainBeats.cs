namespace Ncn.ComputeWorker.Network;

/// <summary>While the last jobs end: tells the gateways that the node lives and takes nothing new, so that they neither send it work nor take it for dead.</summary>
internal sealed class DrainBeats(KnownGateways gateways, GatewayClient client, NodeCard card, TimeProvider time, ILogger logger)
{
    /// <summary>Beats until it is cancelled.</summary>
    public async Task RunAsync(TimeSpan period, Func<int> waiting, CancellationToken drained)
    {
        using var clock = new PeriodicTimer(period, time);
        try
        {
            do
            {
                await Task.WhenAll(gateways.Links.Where(link => link.JoinedSequence > 0).Select(link => TellAsync(link, waiting(), drained)));
            }
            while (await clock.WaitForNextTickAsync(drained));
        }
        catch (OperationCanceledException) when (drained.IsCancellationRequested)
        {
            logger.LogInformation("The last jobs have ended, or their time is over.");
        }
    }

    private async Task TellAsync(GatewayLink link, int waiting, CancellationToken drained)
    {
        try
        {
            await client.HeartbeatAsync(link.BaseAddress, card.Heartbeat(freeSlots: 0, waiting, isDraining: true), drained);
        }
        catch (GatewayException exception)
        {
            logger.LogWarning("Gateway {Gateway} was not told that this node drains: {Problem}", link.BaseAddress, exception.Message);
        }
    }
}
