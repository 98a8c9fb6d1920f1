using Ncn.Discovery;
using Ncn.Protocol;

namespace Ncn.Simulation.Discovery;

/// <summary>Many real discovery cores in one process under one seed and virtual time.</summary>
/// <remarks>
/// A message takes 20 to 120 ms each way. A request to a peer that is down, or that never was, is lost without a word, which is worse
/// than a refused connection: the sender finds out by its own deadline.
/// </remarks>
internal sealed class DhtWorld
{
    private const ulong LeastDelay = 20;
    private const int DelaySpread = 100;
    private readonly DiscoveryLimits _limits;
    private readonly List<DhtPeer> _peers;
    private readonly Dictionary<PeerId, int> _byId;
    private readonly DhtEvents _events;
    private readonly HostileAnswers _lies;

    internal DhtWorld(ulong seed, DiscoveryLimits limits)
        : this(new Dice(seed), limits, [], [], new DhtEvents())
    {
    }

    private DhtWorld(Dice dice, DiscoveryLimits limits, List<DhtPeer> peers, Dictionary<PeerId, int> byId, DhtEvents events)
    {
        (Dice, _limits, _peers, _byId, _events) = (dice, limits, peers, byId, events);
        _lies = new HostileAnswers(dice);
    }

    internal Dice Dice { get; }

    internal ulong Now { get; private set; } = 1_790_000_000_000;

    /// <summary>Requests sent so far by all peers.</summary>
    internal long Requests { get; private set; }

    internal IReadOnlyList<DhtPeer> Peers => _peers;

    /// <summary>Told of what cores say to their callers.</summary>
    internal Action<DhtPeer, DiscoveryOutput>? Listener { get; set; }

    internal static Contact ContactAt(Hash32 place, Address operatorAddress, string url, AddressBlock block) => Contact.Placed(
        new PeerId(place), new Signed<PeerRecord>(new PeerRecord(default, operatorAddress, 1, url, 0, ulong.MaxValue), default), block);

    /// <summary>The same world once more, for another future. Nobody in it may lie, since liars have a memory.</summary>
    internal DhtWorld Fork(ulong seed) => new(new Dice(seed), _limits, [.. _peers.Select(static peer => peer.Copy())], new(_byId), _events.Copy())
    {
        Now = Now,
        Requests = Requests,
    };

    /// <summary>A peer that nobody knows joins through up to three that are up.</summary>
    internal DhtPeer Add(Hostility hostility)
    {
        var through = Enumerable.Range(0, Math.Min(3, _peers.Count)).Select(_ => RandomPeer()).Distinct().Select(static peer => peer.Contact.At(default));
        var index = _peers.Count;
        var contact = ContactAt(Dice.Place(), Dice.Address(), $"http://{index}", new AddressBlock((4UL << 56) | (uint)index));
        var peer = new DhtPeer(index, contact, hostility, DiscoveryState.Create(contact.Id, Dice.Next()));
        Contact[] first = [.. through];
        _peers.Add(peer);
        _byId.Add(contact.Id, index);
        if (hostility != Hostility.None)
        {
            _lies.Enlist(contact);
        }

        Give(peer, new DiscoveryInput.Join(Now, [.. first]));
        return peer;
    }

    /// <summary>A peer that is up, whoever it is.</summary>
    internal DhtPeer RandomPeer()
    {
        while (true)
        {
            var peer = _peers[Dice.Below(_peers.Count)];
            if (peer.IsUp)
            {
                return peer;
            }
        }
    }

    internal DhtPeer RandomHonest()
    {
        while (true)
        {
            var peer = RandomPeer();
            if (peer.Hostility == Hostility.None)
            {
                return peer;
            }
        }
    }

    internal void Plan(ulong at, Action<DhtWorld> act) => _events.Plan(at, new DhtEvent(-1, -1, 0, null, null, act));

    /// <summary>Lets time pass.</summary>
    internal void RunUntil(ulong until)
    {
        while (_events.TryTake(until, out var next, out var at))
        {
            Now = at;
            Happen(next);
        }

        Now = until;
    }

    internal void Give(DhtPeer peer, DiscoveryInput input)
    {
        (peer.State, var outputs) = DiscoveryCore.Apply(peer.State, input, _limits);
        foreach (var output in outputs)
        {
            CarryOut(peer, output);
        }
    }

    private void Happen(DhtEvent happened)
    {
        if (happened.Act is { } act)
        {
            act(this);
            return;
        }

        var peer = _peers[happened.Peer];
        if (!peer.IsUp)
        {
            return;
        }

        if (happened.Request is { } request)
        {
            Serve(peer, _peers[happened.From], happened.RpcId, request);
        }
        else if (happened.Answer is { } answer)
        {
            Give(peer, new DiscoveryInput.Answered(Now, happened.RpcId, _peers[happened.From].Contact, answer));
        }
        else if (peer.WakeAt == Now)
        {
            peer.WakeAt = ulong.MaxValue;
            Give(peer, new DiscoveryInput.Tick(Now));
        }
    }

    private void Serve(DhtPeer peer, DhtPeer from, ulong rpcId, DiscoveryRequest request)
    {
        if (peer.Hostility != Hostility.None && request is DiscoveryRequest.Store store && !_lies.Keeps(peer, store))
        {
            Reply(peer, from.Index, rpcId, new DiscoveryAnswer.Stored([.. store.Adverts.Select(static _ => StoreOutcome.Kept)]));
            return;
        }

        (peer.State, var outputs) = DiscoveryCore.Apply(peer.State, new DiscoveryInput.Request(Now, from.Contact.At(default), rpcId, request), _limits);
        foreach (var output in outputs)
        {
            if (output is DiscoveryOutput.Answer answer)
            {
                Reply(peer, from.Index, rpcId, peer.Hostility == Hostility.None ? answer.Body : _lies.Twist(peer, request, answer.Body));
            }
            else
            {
                CarryOut(peer, output);
            }
        }
    }

    private void Reply(DhtPeer peer, int to, ulong rpcId, DiscoveryAnswer answer) =>
        _events.Plan(Now + Delay(), new DhtEvent(to, peer.Index, rpcId, null, answer, null));

    private void CarryOut(DhtPeer peer, DiscoveryOutput output)
    {
        switch (output)
        {
            case DiscoveryOutput.Send send:
                Requests++;
                if (_byId.TryGetValue(send.Peer.Id, out var to))
                {
                    _events.Plan(Now + Delay(), new DhtEvent(to, peer.Index, send.RpcId, send.Body, null, null));
                }

                break;
            case DiscoveryOutput.Wake wake:
                peer.WakeAt = Math.Max(wake.At, Now);
                _events.Plan(peer.WakeAt, new DhtEvent(peer.Index, -1, 0, null, null, null));
                break;
            default:
                Listener?.Invoke(peer, output);
                break;
        }
    }

    private ulong Delay() => LeastDelay + (ulong)Dice.Below(DelaySpread + 1);
}
