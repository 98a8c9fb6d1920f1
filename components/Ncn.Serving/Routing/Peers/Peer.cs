using System.Collections.Frozen;
using Ncn.Protocol;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Another gateway, with what is known of it now. What is read may change with the next call.</summary>
public sealed class Peer(PeerAddress address) : IDisposable
{
    private readonly Lock _turn = new();
    private CancellationTokenSource _down = new();
    private bool _isGone;
    private int _inFlight;

    /// <summary>Its base URL.</summary>
    public Uri Url => Address.Url;

    /// <summary>Where it is and whose.</summary>
    public PeerAddress Address { get; } = address;

    /// <summary>Whose it is, by the source or by its own word; null while unknown. Only a hint to find a payment's receiver.</summary>
    public Address? Operator => Address.Operator ?? Stated;

    /// <summary>The models that it listed last; before it was asked those that it is said to have.</summary>
    public FrozenSet<string> Models { get; internal set; } = address.Models.ToFrozenSet();

    /// <summary>It has listed its models itself.</summary>
    internal bool IsAsked { get; set; }

    /// <summary>What calls have shown.</summary>
    public PeerHealth Health { get; private set; } = PeerHealth.Unknown;

    /// <summary>Cancelled when it is down, so that nobody waits for an answer that will not come.</summary>
    public CancellationToken Down
    {
        get
        {
            lock (_turn)
            {
                return _isGone ? new CancellationToken(canceled: true) : _down.Token;
            }
        }
    }

    /// <summary>Lower is better.</summary>
    public long Rank => Health.Rank(Volatile.Read(ref _inFlight));

    /// <summary>When it is probed next; timestamps of the gateway's clock.</summary>
    internal DateTimeOffset ProbeAt { get; set; }

    internal bool IsProbing { get; set; }

    internal Address? Stated { get; set; }

    /// <summary>Notes what a call showed; returns true when the peer went up or down by it.</summary>
    public bool Note(Func<PeerHealth, PeerHealth> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        lock (_turn)
        {
            var before = Health;
            Health = step(before);
            if (_isGone)
            {
                return false;
            }

            if (before.IsDown && Health.IsUp)
            {
                _down.Dispose();
                _down = new CancellationTokenSource();
            }
            else if (Health.IsDown && !before.IsDown)
            {
                _down.Cancel();
            }

            return before.IsUp != Health.IsUp;
        }
    }

    /// <summary>Counts a request that it has until the result is disposed.</summary>
    public IDisposable Begin() => new Flight(this);

    /// <summary>Nobody knows it any more; what waits for it goes elsewhere.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (!_isGone)
            {
                _isGone = true;
                _down.Cancel();
                _down.Dispose();
            }
        }
    }

    private sealed class Flight : IDisposable
    {
        private readonly Peer _peer;

        public Flight(Peer peer)
        {
            _peer = peer;
            Interlocked.Increment(ref peer._inFlight);
        }

        public void Dispose() => Interlocked.Decrement(ref _peer._inFlight);
    }
}
