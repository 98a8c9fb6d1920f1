using System.Collections.Immutable;

namespace Ncn.Discovery;

/// <summary>One step under way: the state so far and what is to be done.</summary>
internal sealed class Step(DiscoveryState state, ulong now, DiscoveryLimits limits)
{
    internal DiscoveryState State { get; set; } = state;

    internal ulong Now => now;

    internal DiscoveryLimits Limits => limits;

    internal List<DiscoveryOutput> Outputs { get; } = [];

    /// <summary>An own lookup has ended: what waited for its turn can begin at the end of the step.</summary>
    internal bool HasFreeLookup { get; set; }

    internal void HeardOf()
    {
        if (State.HeardAt != now)
        {
            State = State with { HeardAt = now };
        }
    }

    internal void SetBucket(int index, Bucket bucket) => State = State with { Table = State.Table.With(index, bucket) };

    internal void SetLookup(Lookup lookup) => State = State with { Lookups = State.Lookups.SetItem(lookup.Number, lookup) };

    internal ulong NextNumber()
    {
        State = State with { LastNumber = State.LastNumber + 1 };
        return State.LastNumber;
    }

    internal void Send(Contact peer, DiscoveryRequest body, RpcPurpose purpose)
    {
        var deadline = now + limits.RpcMilliseconds;
        var number = State.LastNumber + 1;
        State = State with
        {
            LastNumber = number,
            Pending = State.Pending.Add(number, new Pending(peer, body, purpose, now, deadline)),
            RpcWakeAt = Math.Min(State.Pending.IsEmpty ? ulong.MaxValue : State.RpcWakeAt, purpose is RpcPurpose.Ask ? now + limits.HurryMilliseconds : deadline),
        };
        Outputs.Add(new DiscoveryOutput.Send(number, peer, body, deadline));
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood, 2014) over the seed that the shell drew.</summary>
    internal ulong Draw()
    {
        unchecked
        {
            var next = State.Luck + 0x9E3779B97F4A7C15;
            State = State with { Luck = next };
            next = (next ^ (next >> 30)) * 0xBF58476D1CE4E5B9;
            next = (next ^ (next >> 27)) * 0x94D049BB133111EB;
            return next ^ (next >> 31);
        }
    }

    /// <summary>A period shortened at random by up to a quarter, so that peers that started together do not stay in step.</summary>
    internal ulong Jittered(ulong milliseconds) => milliseconds - (Draw() % ((milliseconds / 4) + 1));

    internal ImmutableArray<Contact> Nearest(Ncn.Protocol.Hash32 place, Ncn.Protocol.PeerId except) =>
        [.. State.Table.Nearest(place, limits.BucketSize, now, except)];
}
