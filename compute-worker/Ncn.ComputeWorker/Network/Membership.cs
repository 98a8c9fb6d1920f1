using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Network;

/// <summary>
/// Keeps this node in its subnets: joins each gateway once it answers, sends a heartbeat every second, joins again when a gateway
/// has forgotten it or when its models have changed. Before the process stops it says that it drains, ends its jobs, and leaves.
/// </summary>
internal sealed class Membership(
    KnownGateways gateways, GatewayClient client, NodeCard card, NodeModels models, RunningJobs running, ListeningPorts ports, ChainSettings chain,
    IOptions<WorkerOptions> options, TimeProvider time, ILogger<Membership> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _work = Task.Run(() => BeatAsync(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Before anything else stops: no new work, then the running jobs to their end.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _work;
        Task drained = running.Slots.CloseAsync();
        if (!drained.IsCompleted)
        {
            await DrainAsync(drained, cancellationToken);
        }

        await Task.WhenAll(gateways.Links.Where(link => link.MayBeIn).Select(LeaveAsync));
    }

    private async Task DrainAsync(Task drained, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource();
        Task beats = new DrainBeats(gateways, client, card, time, logger).RunAsync(Beat, () => running.Slots.Waiting, over.Token);
        try
        {
            await drained.WaitAsync(TimeSpan.FromSeconds(options.Value.DrainSeconds), time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            logger.LogWarning("{Count} jobs did not end in time and are broken off; their gateways go on elsewhere.", running.Count);
            running.BreakOff();
        }

        await over.CancelAsync();
        await beats;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    private TimeSpan Beat => TimeSpan.FromMilliseconds(options.Value.HeartbeatMilliseconds);

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        using var clock = new PeriodicTimer(Beat, time);
        var beats = new Beats(clock, models, cancellationToken);
        try
        {
            do
            {
                await Task.WhenAll(gateways.Links.Where(link => link.Subnet is null).Select(link => TryAsync(link, LearnAsync, cancellationToken)));
                await Task.WhenAll(gateways.Links.Where(link => link.Subnet is not null).Select(link => TryAsync(link, KeepInAsync, cancellationToken)));
            }
            while (await beats.NextAsync());
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            logger.LogInformation("Leaving the network.");
        }
    }

    /// <summary>A gateway that fails is tried again at the next beat; its problem is logged when it is a new one.</summary>
    private async Task TryAsync(GatewayLink link, Func<GatewayLink, CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step(link, cancellationToken);
            link.Problem = null;
        }
        catch (GatewayException exception)
        {
            Note(link, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // Something of this machine's own: the node must go on beating, or it is out of all its subnets.
            Note(link, $"this node failed at its own part: {exception.Message}");
        }
    }

    private void Note(GatewayLink link, string problem)
    {
        if (link.Problem != problem)
        {
            logger.LogWarning("Gateway {Gateway}: {Problem}", link.BaseAddress, problem);
        }

        link.Problem = problem;
    }

    private async Task LearnAsync(GatewayLink link, CancellationToken cancellationToken)
    {
        SubnetView subnet = await client.SubnetAsync(link.BaseAddress, cancellationToken);
        if (subnet.ModelKinds is not { Count: > 0 })
        {
            throw new GatewayException("it does not say which kinds of model it serves; it is not joined.");
        }

        if (link.FoundOperator is { } owner && subnet.Gateway != owner)
        {
            throw new GatewayException($"it says that it is {subnet.Gateway}'s, and was found as {owner}'s; it is not joined.");
        }

        link.Subnet = (subnet.ChainId, subnet.Token, subnet.InferencePayment, subnet.ValidatorRegistry)
            == (chain.ChainId, chain.Token, chain.InferencePayment, chain.ValidatorRegistry)
            ? subnet
            : throw new GatewayException("it belongs to another chain, token or contracts than this node's settings name; it is not joined.");
    }

    private async Task KeepInAsync(GatewayLink link, CancellationToken cancellationToken)
    {
        SubnetView subnet = link.Subnet!;
        if (models.Offers.All(offer => !subnet.ModelKinds.Contains(offer.Kind)))
        {
            await LeaveIfInAsync(link);
            throw new GatewayException($"subnet {subnet.Name} serves {string.Join(" and ", subnet.ModelKinds)} models, and this node has none; it is not joined.");
        }

        Signed<NodeRecord> record = card.Record(ports.GrpcEndpoint, Subnets(), running.Slots.Total);
        if (link.JoinedSequence == record.Message.Sequence)
        {
            NodeResult alive = await client.HeartbeatAsync(link.BaseAddress, card.Heartbeat(running.Slots.Free, running.Slots.Waiting), cancellationToken);
            link.JoinedSequence = alive.Known ? link.JoinedSequence : 0;
        }

        if (link.JoinedSequence != record.Message.Sequence)
        {
            await JoinAsync(link, record, cancellationToken);
        }
    }

    private async Task JoinAsync(GatewayLink link, Signed<NodeRecord> record, CancellationToken cancellationToken)
    {
        link.MayBeIn = true;
        NodeResult result = await client.JoinAsync(link.BaseAddress, record, cancellationToken);
        if (!result.Accepted)
        {
            card.Discard();
            throw new GatewayException($"the node was not taken in: {result.Reason}");
        }

        link.JoinedSequence = record.Message.Sequence;
        logger.LogInformation("Joined subnet {Subnet} at {Gateway}.", link.Subnet!.Name, link.BaseAddress);
    }

    private uint[] Subnets() =>
        [.. gateways.Links.Select(link => link.Subnet).OfType<SubnetView>()
            .Where(subnet => models.Offers.Any(offer => subnet.ModelKinds.Contains(offer.Kind))).Select(subnet => subnet.Subnet).Distinct().Order()];

    /// <summary>The last model that this subnet serves was unloaded.</summary>
    private async Task LeaveIfInAsync(GatewayLink link)
    {
        if (link.MayBeIn)
        {
            await LeaveAsync(link);
            (link.MayBeIn, link.JoinedSequence) = (false, 0);
        }
    }

    private async Task LeaveAsync(GatewayLink link)
    {
        using var limit = new CancellationTokenSource(LeaveLimit, time);
        try
        {
            await client.LeaveAsync(link.BaseAddress, card.Leave(), limit.Token);
        }
        catch (Exception exception) when (exception is GatewayException or OperationCanceledException)
        {
            logger.LogWarning("Gateway {Gateway} was not told that this node leaves; it will notice the silence.", link.BaseAddress);
        }
    }
}
