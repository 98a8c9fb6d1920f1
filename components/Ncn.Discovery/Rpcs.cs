namespace Ncn.Discovery;

/// <summary>What becomes of requests that this peer sent.</summary>
internal static class Rpcs
{
    internal static void Answered(Step step, DiscoveryInput.Answered input)
    {
        if (!step.State.Pending.TryGetValue(input.RpcId, out var pending))
        {
            return;
        }

        if (input.Peer.Id != pending.Peer.Id || !IsAnswerTo(pending.Body, input.Body))
        {
            Failed(step, input.RpcId);
            return;
        }

        Forget(step, input.RpcId, pending);
        if (pending.Purpose is not RpcPurpose.Farewell)
        {
            TableSteps.Answered(step, input.Peer);
        }

        switch (pending.Purpose)
        {
            case RpcPurpose.Ask ask:
                LookupSteps.Answered(step, ask, pending.Peer, input.Peer, input.Body);
                break;
            case RpcPurpose.Offer offer:
                Publications.Answered(step, offer.Key, (DiscoveryAnswer.Stored)input.Body);
                break;
        }
    }

    internal static void Failed(Step step, ulong number)
    {
        if (!step.State.Pending.TryGetValue(number, out var pending))
        {
            return;
        }

        Forget(step, number, pending);
        TableSteps.Failed(step, pending.Peer);
        switch (pending.Purpose)
        {
            case RpcPurpose.Ask ask:
                LookupSteps.Failed(step, ask, pending.Peer);
                break;
            case RpcPurpose.Offer offer:
                Publications.Failed(step, offer.Key);
                break;
        }
    }

    /// <summary>Asks a newcomer, or a peer that failed, for a sign of life; not twice at once and not too many.</summary>
    internal static void Probe(Step step, Contact peer)
    {
        var probing = step.State.Probing;
        if (probing.Count < step.Limits.MaxProbes && !probing.Contains(peer.Id.Value))
        {
            step.State = step.State with { Probing = probing.Add(peer.Id.Value) };
            step.Send(peer, DiscoveryRequest.Ping.Instance, RpcPurpose.Probe.Instance);
        }
    }

    private static void Forget(Step step, ulong number, Pending pending)
    {
        step.State = step.State with { Pending = step.State.Pending.Remove(number) };
        if (pending.Purpose is RpcPurpose.Probe)
        {
            step.State = step.State with { Probing = step.State.Probing.Remove(pending.Peer.Id.Value) };
        }
        else if (pending.Purpose is RpcPurpose.Check check)
        {
            step.SetBucket(check.Bucket, step.State.Table.BucketAt(check.Bucket) with { IsChecking = false });
        }
    }

    private static bool IsAnswerTo(DiscoveryRequest request, DiscoveryAnswer answer) => (request, answer) switch
    {
        (DiscoveryRequest.Ping or DiscoveryRequest.Leave, DiscoveryAnswer.Pong) => true,
        (DiscoveryRequest.FindPeers, DiscoveryAnswer.Peers { Closest.IsDefault: false }) => true,
        (DiscoveryRequest.FindAdverts, DiscoveryAnswer.Adverts { Found.IsDefault: false, Closest.IsDefault: false }) => true,
        (DiscoveryRequest.Store store, DiscoveryAnswer.Stored { Outcomes.IsDefault: false } stored) => stored.Outcomes.Length == store.Adverts.Length,
        _ => false,
    };
}
