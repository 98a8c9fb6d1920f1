using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="DiscoveryCore"/>, for one life of one peer.</summary>
internal sealed class DiscoveryInvariants(PeerId self)
{
    /// <summary>A lookup asks at most so many, each for at most so long; milliseconds of true time.</summary>
    private const ulong LongestLookup = 60_000;

    private const int MostPending = 160;
    private static readonly DiscoveryLimits Limits = Bounds.Discovery;
    private readonly HashSet<(PeerId Peer, string Url)> _heard = [];
    private readonly Dictionary<ulong, Running> _running = [];

    /// <summary>A peer has proved that it is this one, under this URL.</summary>
    internal void Heard(Contact peer) => _heard.Add((peer.Id, peer.Url));

    /// <summary>A caller's lookup begins.</summary>
    internal Pending<DiscoveryOutput.Found> Begin(ulong lookup, ulong now)
    {
        var found = new Pending<DiscoveryOutput.Found>();
        _running.Add(lookup, new Running(now, found));
        return found;
    }

    /// <summary>Looks at what is under way.</summary>
    internal void Look(ulong now)
    {
        foreach (var (lookup, running) in _running)
        {
            Must.Hold(running.Since + LongestLookup >= now, "a lookup ends", () => $"lookup {lookup} runs since {now - running.Since} ms");
        }
    }

    /// <summary>After every step. Callers go on with what was found only when all of it is checked.</summary>
    internal void Check(DiscoveryState before, DiscoveryInput input, DiscoveryState after, IReadOnlyList<DiscoveryOutput> outputs)
    {
        if (!ReferenceEquals(before.Table, after.Table))
        {
            PeerTableInvariants.Check(self, after.Table, _heard);
            PeerTableInvariants.CheckLeft(before.Table, input, after.Table);
        }

        if (!ReferenceEquals(before.Store, after.Store))
        {
            AdvertInvariants.CheckStore(before.Store, after.Store);
        }

        CheckMemory(after, input);
        foreach (var output in outputs)
        {
            CheckOutput(before, input, output);
        }
    }

    private static void CheckMemory(DiscoveryState after, DiscoveryInput input)
    {
        Must.Hold(after.Pending.Count <= MostPending, "a peer's memory is bounded", () => $"{after.Pending.Count} requests are under way");
        Must.Hold(after.Own.Adverts.Count <= Limits.MaxOwn, "a peer's memory is bounded", () => $"{after.Own.Adverts.Count} own adverts");
        foreach (var lookup in after.Lookups.Values)
        {
            Must.Hold(lookup.Requests <= Limits.MaxRequests && lookup.Found.Count <= Limits.MaxFound, "a lookup's work is bounded", () => $"{lookup.Requests} requests, {lookup.Found.Count} adverts");
        }

        if (input is DiscoveryInput.Tick && !after.Pending.IsEmpty)
        {
            var oldest = after.Pending.Values.Min(static pending => pending.Deadline);
            Must.Hold(oldest > input.Now, "no request is waited for beyond its deadline", () => $"{oldest} is over at {input.Now}");
        }
    }

    private void CheckOutput(DiscoveryState before, DiscoveryInput input, DiscoveryOutput output)
    {
        switch (output)
        {
            case DiscoveryOutput.Send { Body: var body } send:
                Must.Hold(send.Peer.Id != self && send.Deadline == input.Now + Limits.RpcMilliseconds, "a request goes to somebody else and has a deadline", () => $"{body} to {send.Peer}");
                Must.Hold(!before.IsLeaving, "who leaves begins nothing more", () => $"{body} to {send.Peer}");
                break;
            case DiscoveryOutput.Answer answer:
                AdvertInvariants.CheckAnswer((DiscoveryInput.Request)input, answer.Body);
                break;
            case DiscoveryOutput.Found found:
                End(input, found);
                break;
            default:
                break;
        }
    }

    private void End(DiscoveryInput input, DiscoveryOutput.Found found)
    {
        Must.Hold(_running.Remove(found.LookupId, out var running), "a lookup ends once", () => $"lookup {found.LookupId} ended again");
        AdvertInvariants.CheckFound(input.Now, found);
        running.Found.Complete(found);
    }

    private readonly record struct Running(ulong Since, Pending<DiscoveryOutput.Found> Found);
}
