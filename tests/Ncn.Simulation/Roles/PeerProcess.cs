using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>A message of the discovery protocol, its sender authenticated, for one peer only.</summary>
internal sealed record PeerCall(Contact From, PeerId To, DiscoveryRequest Body)
{
    public override string ToString() => Body.GetType().Name;
}

/// <summary>Its answer, with the answerer's newest record.</summary>
internal sealed record PeerReply(Contact From, DiscoveryAnswer Body)
{
    public override string ToString() => Body.GetType().Name;
}

/// <summary>An operator's peer around the real core, as <c>DiscoveryPeer</c> and <c>Entry</c> of <c>Ncn.Discovery.Http</c> do it: messages, one timer, peers that are remembered over a restart.</summary>
internal sealed class PeerProcess(World world, int number, Cores cores) : Process(world, $"peer {number}")
{
    internal const ulong AdvertLife = 40_000;
    private const ulong RecordLife = 60_000;
    private const string Remembered = "peers";
    private readonly List<VerifiedAdvert> _seen = [];
    private DiscoveryInvariants _invariants = new(default);
    private Happening? _alarm;
    private DiscoveryAnswer? _answer;
    private Contact? _self;
    private ulong _sequence;
    private ulong _lookups;

    internal int Number => number;

    internal PeerTown Town { get; set; } = null!;

    internal PeerId Id { get; } = new(PeerTown.Place(world.Seed, (ulong)number));

    internal Address Operator { get; } = PeerTown.OperatorOf(number);

    internal DiscoveryState State { get; private set; } = null!;

    internal PeerLie Lie { get; set; }

    /// <summary>What it advertises, the newest of each.</summary>
    internal Dictionary<string, VerifiedAdvert> Adverts { get; } = new(StringComparer.Ordinal);

    /// <summary>Its record, which is made anew when half of its life is over.</summary>
    internal Contact Self
    {
        get
        {
            var now = Clock.Now;
            if (_self is null || _self.Record.Message.ExpiresAt < now + (RecordLife / 2))
            {
                var record = new PeerRecord(default, Operator, ++_sequence, PeerTown.UrlOf(number), now, now + RecordLife);
                _self = Contact.Placed(Id, new Signed<PeerRecord>(record, default));
            }

            return _self;
        }
    }

    internal override void Start()
    {
        (_alarm, _answer) = (null, null);
        _invariants = new DiscoveryInvariants(Id);
        State = DiscoveryState.Create(Id, World.Draw());
        Join();
        foreach (var url in Adverts.Keys.ToArray())
        {
            Publish(url);
        }

        _ = LiveAsync();
    }

    internal void Give(DiscoveryInput input)
    {
        var before = State;
        (State, var outputs) = cores.Discovery(before, input, Bounds.Discovery);
        _invariants.Check(before, input, State, outputs);
        foreach (var output in outputs)
        {
            CarryOut(output);
        }
    }

    /// <summary>Advertises under this URL, in place of what it said there before.</summary>
    internal void Publish(string url)
    {
        var now = Clock.Now;
        var advert = PeerTown.Advert(Operator, ++_sequence, url, now, now + AdvertLife);
        Adverts[url] = advert;
        if (IsUp)
        {
            Give(new DiscoveryInput.Publish(now, advert));
        }
    }

    internal void Withdraw(string url)
    {
        if (Adverts.Remove(url, out var advert) && IsUp)
        {
            Give(new DiscoveryInput.Withdraw(Clock.Now, advert.Name));
        }
    }

    /// <summary>Looks for adverts; null when it crashes before the lookup ends.</summary>
    internal Pending<DiscoveryOutput.Found> Find(DiscoveryKey key, int enough)
    {
        var found = _invariants.Begin(++_lookups, World.Now);
        Give(new DiscoveryInput.FindAdverts(Clock.Now, _lookups, key, enough));
        return found;
    }

    internal void FindPeers(Hash32 target)
    {
        _ = _invariants.Begin(++_lookups, World.Now);
        Give(new DiscoveryInput.FindPeers(Clock.Now, _lookups, target));
    }

    protected override void OnCall(Call call)
    {
        // As the desk does: a request for another peer is refused.
        if (call.Body is not PeerCall { Body: var body } asked || asked.To != Id)
        {
            return;
        }

        if (body is DiscoveryRequest.Store store)
        {
            _seen.AddRange(store.Adverts.Take(Math.Max(0, 32 - _seen.Count)));
        }

        Say($"is asked {asked} by {asked.From}");
        Give(new DiscoveryInput.Request(Clock.Now, asked.From.At(default), 0, body));
        if (PeerLies.Twist(this, Lie, _seen, body, _answer!) is { } said)
        {
            call.Reply(new PeerReply(Self, said));
        }
    }

    private void Join() => Give(new DiscoveryInput.Join(Clock.Now, [.. (Disk.Read<Contact[]>(Remembered) ?? []).Concat(Town.Bootstrap)]));

    private async Flow LiveAsync()
    {
        for (ulong wait = 1_000; !State.IsLeaving; wait = Math.Min(2 * wait, 15_000))
        {
            await Sleep(wait);
            _invariants.Look(World.Now);
            Disk.Write(Remembered, State.Table.Peers.Take(Bounds.Discovery.MaxBootstrap).ToArray(), static () => { });
            if (State.Table.Count < Bounds.Discovery.BucketSize)
            {
                Join();
            }

            foreach (var url in Adverts.Where(entry => entry.Value.ExpiresAt < Clock.Now + (AdvertLife / 2)).Select(static entry => entry.Key).ToArray())
            {
                Publish(url);
            }
        }
    }

    private void CarryOut(DiscoveryOutput output)
    {
        switch (output)
        {
            case DiscoveryOutput.Send send:
                _ = SendAsync(send);
                break;
            case DiscoveryOutput.Answer answer:
                _answer = answer.Body;
                break;
            case DiscoveryOutput.Wake wake:
                _alarm?.Cancel();
                _alarm = After(Math.Max(1, wake.At - Math.Min(wake.At, Clock.Now)), () => Give(new DiscoveryInput.Tick(Clock.Now)));
                break;
            case DiscoveryOutput.Found found:
                Say($"lookup {found.LookupId} ends with {found.Adverts.Length} adverts and {found.Closest.Length} peers");
                break;
            default:
                break;
        }
    }

    private async Flow SendAsync(DiscoveryOutput.Send send)
    {
        var patience = send.Deadline - Math.Min(send.Deadline, Clock.Now);
        if (Town.At(send.Peer.Url) is not { } there)
        {
            await Sleep(patience);
        }
        else if (await Ask(there, new PeerCall(Self, send.Peer.Id, send.Body), patience) is PeerReply reply && reply.From.Id == send.Peer.Id)
        {
            _invariants.Heard(reply.From);
            Say($"has {reply} of {reply.From}");
            Give(new DiscoveryInput.Answered(Clock.Now, send.RpcId, reply.From.At(Town.BlockOf(there)), reply.Body));
            return;
        }

        Give(new DiscoveryInput.Failed(Clock.Now, send.RpcId));
    }
}
