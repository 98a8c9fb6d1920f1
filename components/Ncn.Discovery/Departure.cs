using System.Collections.Immutable;

namespace Ncn.Discovery;

/// <summary>A peer that goes leaves nothing behind that only it had.</summary>
internal static class Departure
{
    /// <summary>
    /// (1) Lookups end with what they have. (2) The adverts of each key go to the peer that becomes a holder in its place: the farthest
    /// of the k nearest that it knows. (3) The nearest peers are told, who name it most.
    /// </summary>
    internal static void Leave(Step step)
    {
        step.State = step.State with { IsLeaving = true };
        foreach (var lookup in step.State.Lookups.Values)
        {
            LookupResults.End(step, lookup);
        }

        step.State = step.State with { Own = OwnAdverts.None, Pending = ImmutableSortedDictionary<ulong, Pending>.Empty, Probing = [] };
        var self = step.State.Table.Self.Value;
        foreach (var distance in step.State.Store.Distances.Take(step.Limits.MaxHandovers))
        {
            HandOver(step, new DiscoveryKey(distance ^ self));
        }

        foreach (var neighbour in step.Nearest(self, default))
        {
            step.Send(neighbour, DiscoveryRequest.Leave.Instance, RpcPurpose.Farewell.Instance);
        }
    }

    /// <summary>Says once that it is over.</summary>
    internal static void Finish(Step step)
    {
        if (step.State is { IsLeaving: true, IsGone: false, Pending.IsEmpty: true })
        {
            step.State = step.State with { IsGone = true };
            step.Outputs.Add(DiscoveryOutput.Gone.Instance);
        }
    }

    private static void HandOver(Step step, DiscoveryKey key)
    {
        var nearest = step.Nearest(key.Value, default);
        if (nearest.IsEmpty)
        {
            return;
        }

        var (page, bytes) = (ImmutableArray.CreateBuilder<VerifiedAdvert>(), 0);
        foreach (var advert in AdvertAdmission.Living(step.State.Store.At(key), step.Now))
        {
            if (bytes + advert.Bytes <= step.Limits.AnswerBytes)
            {
                bytes += advert.Bytes;
                page.Add(advert);
            }
        }

        if (page.Count > 0)
        {
            step.Send(nearest[^1], new DiscoveryRequest.Store(key, page.ToImmutable()), RpcPurpose.Farewell.Instance);
        }
    }
}
