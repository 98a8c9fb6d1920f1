using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery.Tests;

/// <summary>A few real cores in virtual time. Messages take 10 ms; one to a peer that is down or does not exist is lost.</summary>
internal sealed class SmallNetwork(DiscoveryLimits? limits = null)
{
    private const ulong Delay = 10;
    private readonly PriorityQueue<Action, (ulong At, ulong Order)> _events = new();
    private readonly Dictionary<PeerId, Node> _nodes = [];
    private ulong _order;

    internal DiscoveryLimits Limits { get; } = limits ?? DiscoveryLimits.Default;

    internal ulong Now { get; private set; } = Samples.Start;

    internal IReadOnlyCollection<Node> Nodes => _nodes.Values;

    /// <summary>A peer of an operator of its own at a place that follows from its number.</summary>
    internal Node Add(uint number, params Node[] through) => Add(Samples.Peer(PlaceOf(number), number), through);

    internal Node Add(Contact contact, params Node[] through)
    {
        var node = new Node(this, contact);
        _nodes[contact.Id] = node;
        node.Give(new DiscoveryInput.Join(Now, [.. through.Select(static peer => peer.Contact.At(default))]));
        return node;
    }

    /// <summary>So many peers, each joining through the first; they have settled.</summary>
    internal Node[] Grow(uint count)
    {
        var first = Add(1);
        Node[] nodes = [first, .. Enumerable.Range(2, (int)count - 1).Select(number => Add((uint)number, first))];
        Run(30_000);
        return nodes;
    }

    internal static Hash32 PlaceOf(uint number) => Protocol.Cryptography.Keccak256.Of(BitConverter.GetBytes(number));

    /// <summary>Lets so many milliseconds pass.</summary>
    internal void Run(ulong milliseconds)
    {
        var until = Now + milliseconds;
        while (_events.TryPeek(out var next, out var priority) && priority.At <= until)
        {
            _events.Dequeue();
            Now = priority.At;
            next();
        }

        Now = until;
    }

    internal void Plan(ulong at, Action act) => _events.Enqueue(act, (at, _order++));

    /// <summary>One peer and all that it said.</summary>
    internal sealed class Node(SmallNetwork network, Contact contact)
    {
        private ulong _wakeAt = ulong.MaxValue;

        internal Contact Contact => contact;

        internal bool IsUp { get; set; } = true;

        internal DiscoveryState State { get; set; } = DiscoveryState.Create(contact.Id, contact.Id.Value.IsZero ? 1UL : BitConverter.ToUInt64(contact.Id.Value.ToArray()));

        internal List<DiscoveryOutput> Said { get; } = [];

        /// <summary>What a hostile peer says instead of its core; null for the core's answer.</summary>
        internal Func<DiscoveryRequest, DiscoveryAnswer?> Lie { get; set; } = static _ => null;

        internal LookupEffort LastEffort { get; private set; }

        internal IEnumerable<Contact> Known => State.Table.Buckets.SelectMany(static bucket => bucket.Entries).Select(static entry => entry.Peer);

        internal void Give(DiscoveryInput input)
        {
            (State, var outputs) = DiscoveryCore.Apply(State, input, network.Limits);
            Said.AddRange(outputs);
            foreach (var output in outputs)
            {
                CarryOut(output);
            }
        }

        internal ImmutableArray<VerifiedAdvert> Find(DiscoveryKey key, int enough = 0)
        {
            Give(new DiscoveryInput.FindAdverts(network.Now, 77, key, enough));
            network.Run(20_000);
            var found = Take<DiscoveryOutput.Found>();
            LastEffort = found.Effort;
            return found.Adverts;
        }

        internal DiscoveryOutput.Found FindPeers(Hash32 target)
        {
            Give(new DiscoveryInput.FindPeers(network.Now, 78, target));
            network.Run(20_000);
            return Take<DiscoveryOutput.Found>();
        }

        internal void Publish(VerifiedAdvert advert)
        {
            Give(new DiscoveryInput.Publish(network.Now, advert));
            network.Run(10_000);
        }

        /// <summary>The one output of a kind; it is forgotten.</summary>
        internal T Take<T>()
            where T : DiscoveryOutput
        {
            var one = Assert.Single(Said.OfType<T>());
            Said.Clear();
            return one;
        }

        private void CarryOut(DiscoveryOutput output)
        {
            if (output is DiscoveryOutput.Send send)
            {
                network.Plan(network.Now + Delay, () => network.Deliver(this, send));
            }
            else if (output is DiscoveryOutput.Wake wake)
            {
                _wakeAt = wake.At;
                network.Plan(Math.Max(wake.At, network.Now), () => Wake(wake.At));
            }
        }

        private void Wake(ulong at)
        {
            if (IsUp && at == _wakeAt)
            {
                Give(new DiscoveryInput.Tick(network.Now));
            }
        }
    }

    private void Deliver(Node from, DiscoveryOutput.Send send)
    {
        if (!_nodes.TryGetValue(send.Peer.Id, out var to) || !to.IsUp || to.Contact.Url != send.Peer.Url)
        {
            return;
        }

        to.Give(new DiscoveryInput.Request(Now, from.Contact.At(default), send.RpcId, send.Body));
        var answer = to.Said.OfType<DiscoveryOutput.Answer>().Last();
        to.Said.Remove(answer);
        var body = to.Lie(send.Body) ?? answer.Body;
        Plan(Now + Delay, () =>
        {
            if (from.IsUp)
            {
                from.Give(new DiscoveryInput.Answered(Now, send.RpcId, to.Contact, body));
            }
        });
    }
}
