using Ncn.Protocol;

namespace Ncn.Discovery.Tests;

/// <summary>One core whose surroundings the test plays itself.</summary>
internal sealed class Peer(Hash32 place, DiscoveryLimits limits)
{
    private ulong _wakeAt = ulong.MaxValue;
    private ulong _lastRequest;

    internal ulong Now { get; private set; } = Samples.Start;

    internal DiscoveryState State { get; private set; } = DiscoveryState.Create(new PeerId(place), 42);

    /// <summary>Requests that it sent and that the test has not answered.</summary>
    internal List<DiscoveryOutput.Send> Sent { get; } = [];

    /// <summary>All other outputs.</summary>
    internal List<DiscoveryOutput> Said { get; } = [];

    internal IEnumerable<Contact> Known => State.Table.Buckets.SelectMany(static bucket => bucket.Entries).Select(static entry => entry.Peer);

    internal DiscoveryAnswer LastAnswer => Said.OfType<DiscoveryOutput.Answer>().Last().Body;

    internal void Give(DiscoveryInput input)
    {
        (State, var outputs) = DiscoveryCore.Apply(State, input, limits);
        foreach (var output in outputs)
        {
            switch (output)
            {
                case DiscoveryOutput.Send send:
                    Sent.Add(send);
                    break;
                case DiscoveryOutput.Wake wake:
                    _wakeAt = wake.At;
                    break;
                default:
                    Said.Add(output);
                    break;
            }
        }
    }

    internal void Asks(Contact? from, DiscoveryRequest body) => Give(new DiscoveryInput.Request(Now, from, ++_lastRequest, body));

    internal void Answers(DiscoveryOutput.Send send, DiscoveryAnswer body)
    {
        Sent.Remove(send);
        Give(new DiscoveryInput.Answered(Now, send.RpcId, send.Peer, body));
    }

    internal void Fails(DiscoveryOutput.Send send)
    {
        Sent.Remove(send);
        Give(new DiscoveryInput.Failed(Now, send.RpcId));
    }

    /// <summary>Somebody, who does not matter, asked: the network is there.</summary>
    internal void Hears() => Asks(null, DiscoveryRequest.Ping.Instance);

    /// <summary>Each of these asks, and answers the question whether it is there.</summary>
    internal void Meets(IEnumerable<Contact> peers, bool answersChecks = false)
    {
        foreach (var peer in peers)
        {
            Asks(peer, DiscoveryRequest.Ping.Instance);
            foreach (var probe in Sent.Where(send => send.Body is DiscoveryRequest.Ping && (answersChecks || send.Peer.Id == peer.Id)).ToList())
            {
                Sent.Remove(probe);
                Give(new DiscoveryInput.Answered(Now, probe.RpcId, probe.Peer, DiscoveryAnswer.Pong.Instance));
            }
        }
    }

    /// <summary>Lets so many milliseconds pass; what is asked meanwhile stays unanswered.</summary>
    internal void Pass(ulong milliseconds)
    {
        var until = Now + milliseconds;
        while (_wakeAt <= until)
        {
            Now = Math.Max(Now, _wakeAt);
            _wakeAt = ulong.MaxValue;
            Give(new DiscoveryInput.Tick(Now));
        }

        Now = until;
    }
}
