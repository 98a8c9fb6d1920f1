using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles.Peers;

/// <summary>What one peer asks another, authentic.</summary>
/// <param name="Nonce">Taken once by who is asked.</param>
internal sealed record PeerCall(Contact From, ulong Nonce, DiscoveryRequest Request)
{
    public override string ToString() => $"{Request.GetType().Name}";
}

/// <summary>The answer, with the newest record of who gives it.</summary>
internal sealed record PeerReply(Contact Peer, DiscoveryAnswer Answer)
{
    public override string ToString() => $"{Answer.GetType().Name}";
}

/// <summary>An operator's peer in the discovery network (Ncn.Discovery.Http's DiscoveryPeer, PeerDesk and Entry): enters, advertises its gateway, answers and looks up.</summary>
internal sealed class PeerProcess : Process
{
    private const string Remembered = "peers";
    private const ulong RecordLife = 60_000;
    private const ulong LongestWait = 30_000;
    private const ulong Farewell = 2_000;
    private readonly SimulatedDiscovery _all;
    private readonly HashSet<(PeerId, ulong)> _taken = [];
    private readonly Dictionary<ulong, Pending<ImmutableArray<VerifiedAdvert>>> _lookups = [];
    private readonly List<(ulong At, VerifiedAdvert Advert)> _published = [];
    private readonly PeerLies _lies;
    private DiscoveryState _state = null!;
    private Happening? _timer;
    private Contact? _self;
    private ulong _nonce;
    private ulong _lastLookup;

    internal PeerProcess(SimulatedDiscovery all, World world, int number)
        : base(world, $"peer {number}")
    {
        (_all, Number, Id) = (all, number, all.IsGround(number) ? PeerNames.GroundId(number) : PeerNames.Id(number));
        _lies = new PeerLies(this, all);
    }

    internal int Number { get; }

    internal PeerId Id { get; }

    internal Address Operator => PeerNames.Operator(Number);

    internal string Url => PeerNames.Url(Number);

    internal AddressBlock Block => PeerNames.Block(Number);

    internal PeerLie Lies { get; set; }

    internal DiscoveryState State => _state;

    /// <summary>Lookups that have not ended.</summary>
    internal int Open => _lookups.Count;

    /// <summary>What it says of itself, renewed at its half-life.</summary>
    internal Contact Self
    {
        get
        {
            var now = Clock.Now;
            if (_self is null || _self.Record.Message.IssuedAt + (RecordLife / 2) < now || _self.Record.Message.IssuedAt > now)
            {
                _self = PeerNames.Contact(Id, Operator, Url, now, now + RecordLife);
            }

            return _self;
        }
    }

    internal override void Start()
    {
        _taken.Clear();
        _lookups.Clear();
        _all.Invariants.Forget(Name);
        _state = DiscoveryState.Create(Id, World.Draw());
        _ = EnterAsync();
        _ = AdvertiseAsync();
    }

    /// <summary>Looks for the adverts of an operator.</summary>
    internal Pending<ImmutableArray<VerifiedAdvert>> Find(DiscoveryKey key)
    {
        var found = new Pending<ImmutableArray<VerifiedAdvert>>();
        _lookups.Add(++_lastLookup, found);
        Apply(new DiscoveryInput.FindAdverts(Clock.Now, _lastLookup, key, 0));
        return found;
    }

    /// <summary>It is told what operators have staked.</summary>
    internal void Stake(ImmutableSortedDictionary<Address, TokenAmount> stakes) => Apply(new DiscoveryInput.SetStakes(Clock.Now, stakes));

    /// <summary>Advertises one more gateway.</summary>
    internal void Publish(string url)
    {
        var now = Clock.Now;
        var advert = PeerNames.Advert(Operator, now, url, now + _all.AdvertLife);
        Apply(new DiscoveryInput.Publish(now, advert));
        if (url == Url)
        {
            _published.Add((World.Now, advert));
        }
    }

    /// <summary>The newest advert of its gateway that has had so much time to spread; null before.</summary>
    internal VerifiedAdvert? Settled(ulong age) => _published.LastOrDefault(entry => entry.At + age <= World.Now).Advert;

    /// <summary>Says goodbye, goes, and comes back.</summary>
    internal async Flow LeaveAsync(ulong length)
    {
        Apply(new DiscoveryInput.Leave(Clock.Now));
        await Sleep(Farewell);
        World.Schedule(World.Now + length, new WorldEvent(Restart));
        Crash();
    }

    protected override void OnCall(Call call)
    {
        var asked = (PeerCall)call.Body;
        if (!_taken.Add((asked.From.Id, asked.Nonce)))
        {
            return;
        }

        if (_lies.Swallows(asked.Request) is { } lie)
        {
            call.Reply(new PeerReply(Self, lie));
            return;
        }

        foreach (var output in Apply(new DiscoveryInput.Request(Clock.Now, asked.From, asked.Nonce, asked.Request)))
        {
            if (output is DiscoveryOutput.Answer answer)
            {
                call.Reply(new PeerReply(Self, _lies.Twist(asked.Request, answer.Body)));
            }
        }
    }

    // Entry.RunAsync: through the bootstrap peers and those that it knew last, again and again while it knows few.
    private async Flow EnterAsync()
    {
        for (var wait = 1_000UL; true; wait = Math.Min(LongestWait, wait * 2))
        {
            var known = (Disk.Read<Contact[]>(Remembered) ?? []).Concat(_all.Bootstrap.Select(static peer => peer.Self)).Where(peer => peer.Id != Id);
            Apply(new DiscoveryInput.Join(Clock.Now, [.. known.DistinctBy(static peer => peer.Id)]));
            await Sleep(wait);
            Disk.Write(Remembered, _state.Table.Peers.ToArray(), static () => { });
        }
    }

    private async Flow AdvertiseAsync()
    {
        while (true)
        {
            Publish(Url);
            for (var i = 0; i < 6 && Lies.HasFlag(PeerLie.Floods); i++)
            {
                Publish($"{Url}/{i}");
            }

            await Sleep(_all.AdvertLife / 3);
        }
    }

    private IReadOnlyList<DiscoveryOutput> Apply(DiscoveryInput input)
    {
        var before = _state;
        (_state, var outputs) = _all.Cores.Discovery(before, input, Bounds.Discovery);
        _all.Invariants.Check(Name, before, input, _state, outputs);
        foreach (var output in outputs)
        {
            CarryOut(output);
        }

        return outputs;
    }

    private void CarryOut(DiscoveryOutput output)
    {
        switch (output)
        {
            case DiscoveryOutput.Send send:
                _ = SendAsync(send);
                break;
            case DiscoveryOutput.Wake wake:
                _timer?.Cancel();
                var now = Clock.Now;
                _timer = After(wake.At > now ? wake.At - now : 1, () => Apply(new DiscoveryInput.Tick(Clock.Now)));
                break;
            case DiscoveryOutput.Found found when _lookups.Remove(found.LookupId, out var waiting):
                waiting.Complete(found.Adverts);
                break;
            default:
                break;
        }
    }

    private async Flow SendAsync(DiscoveryOutput.Send send)
    {
        var now = Clock.Now;
        var patience = send.Deadline > now ? send.Deadline - now : 1;
        if (_all.At(send.Peer.Url) is not { } peer)
        {
            await Sleep(patience);
            Apply(new DiscoveryInput.Failed(Clock.Now, send.RpcId));
            return;
        }

        var nonce = ((ulong)Life << 40) + ++_nonce;
        DiscoveryInput end = await Ask(peer, new PeerCall(Self, nonce, send.Body), patience) is PeerReply reply
            ? new DiscoveryInput.Answered(Clock.Now, send.RpcId, reply.Peer.At(peer.Block), reply.Answer)
            : new DiscoveryInput.Failed(Clock.Now, send.RpcId);
        Apply(end);
    }
}
