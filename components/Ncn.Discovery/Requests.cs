using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>How this peer answers others.</summary>
internal static class Requests
{
    internal static void Serve(Step step, DiscoveryInput.Request input)
    {
        step.HeardOf();
        var sender = input.From?.Id ?? default;
        DiscoveryAnswer answer = input.Body switch
        {
            DiscoveryRequest.Ping => DiscoveryAnswer.Pong.Instance,
            DiscoveryRequest.FindPeers find => new DiscoveryAnswer.Peers(step.Nearest(find.Target, sender)),
            DiscoveryRequest.FindAdverts find => Adverts(step, find, sender),
            DiscoveryRequest.Store store => Store(step, store),
            DiscoveryRequest.Leave => Pass(step, input.From),
            _ => throw new ArgumentException($"{input.Body.GetType().Name} is not a request of the discovery protocol.", nameof(input)),
        };
        step.Outputs.Add(new DiscoveryOutput.Answer(input.RequestId, answer));
        if (input.From is { } from && input.Body is not DiscoveryRequest.Leave && !step.State.IsLeaving)
        {
            Meet(step, from);
        }
    }

    // A peer that asks is alive, but whether it can be asked under the url that it names is for itself to show.
    private static void Meet(Step step, Contact from)
    {
        if (from.Id == step.State.Table.Self || from.ExpiresAt <= step.Now)
        {
            return;
        }

        var known = step.State.Table.Find(from.Id);
        if (known is { Failures: 0 } && known.Peer.Url == from.Url && known.Peer.Operator == from.Operator)
        {
            TableSteps.Answered(step, from.At(known.Peer.Block));
        }
        else if (known is not null || step.State.Table.HasUseFor(from, step.Limits))
        {
            Rpcs.Probe(step, from);
        }
    }

    private static DiscoveryAnswer.Adverts Adverts(Step step, DiscoveryRequest.FindAdverts find, PeerId sender)
    {
        var page = ImmutableArray.CreateBuilder<VerifiedAdvert>();
        var known = find.Known.IsDefault ? [] : find.Known.AsSpan()[..Math.Min(find.Known.Length, 2 * step.Limits.AdvertsPerKey)];
        var (bytes, more) = (0, false);
        foreach (var advert in step.State.Store.At(find.Key))
        {
            if (advert.ExpiresAt <= step.Now || known.Contains(advert.Id))
            {
                continue;
            }

            if (bytes + advert.Bytes > step.Limits.AnswerBytes)
            {
                more = true;
                continue;
            }

            bytes += advert.Bytes;
            page.Add(advert);
        }

        return new DiscoveryAnswer.Adverts(page.ToImmutable(), more, step.Nearest(find.Key.Value, sender));
    }

    private static DiscoveryAnswer.Stored Store(Step step, DiscoveryRequest.Store store)
    {
        ImmutableArray<VerifiedAdvert> adverts = store.Adverts.IsDefault ? [] : store.Adverts;
        var outcomes = ImmutableArray.CreateBuilder<StoreOutcome>(adverts.Length);
        for (var i = 0; i < adverts.Length; i++)
        {
            outcomes.Add(i < step.Limits.AdvertsPerKey ? AdvertAdmission.Take(step, store.Key, adverts[i]) : StoreOutcome.Full);
        }

        return new DiscoveryAnswer.Stored(outcomes.MoveToImmutable());
    }

    private static DiscoveryAnswer.Pong Pass(Step step, Contact? from)
    {
        if (from is not null)
        {
            TableSteps.Remove(step, from.Id);
        }

        return DiscoveryAnswer.Pong.Instance;
    }
}
