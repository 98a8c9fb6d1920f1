using System.Collections.Concurrent;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Engine;

namespace Ncn.Validator.Tests.Support;

/// <summary>Lines between the validators of one process. Messages travel as the bytes that they have on the wire, in order on each line; a dead end swallows them.</summary>
internal sealed class MemoryNetwork(Hash32 network)
{
    private readonly ConcurrentDictionary<Address, (ValidatorEngine Engine, EpochSettings Epoch)> _there = [];
    private readonly ConcurrentDictionary<(Address From, Address To), Line> _lines = [];

    /// <summary>Whether a message of one to another gets lost.</summary>
    internal Func<Address, Address, bool> IsLost { get; set; } = static (_, _) => false;

    internal void Join(Address key, ValidatorEngine engine, EpochSettings epoch) => _there[key] = (engine, epoch);

    internal void Leave(Address key) => _there.TryRemove(key, out _);

    internal void Send(Address from, Address to, WireMessage message)
    {
        if (!IsLost(from, to) && _there.ContainsKey(to))
        {
            _lines.GetOrAdd((from, to), key => new Line(bytes => Arrive(key.From, key.To, bytes))).Add(WireForm.Write(message, network));
        }
    }

    private void Arrive(Address from, Address to, byte[] bytes)
    {
        Assert.True(WireForm.TryRead(bytes, network, out var message, out var reason), reason);
        if (_there.TryGetValue(to, out var target) && target.Engine.Status.Epoch.Set.IndexOf(from) is { } place)
        {
            target.Engine.Receive(place, message);
        }
    }

    /// <summary>One message after the other, on the thread pool.</summary>
    private sealed class Line(Action<byte[]> arrive)
    {
        private readonly Queue<byte[]> _waiting = new();
        private bool _isRunning;

        internal void Add(byte[] bytes)
        {
            lock (_waiting)
            {
                _waiting.Enqueue(bytes);
                if (_isRunning)
                {
                    return;
                }

                _isRunning = true;
            }

            ThreadPool.UnsafeQueueUserWorkItem(static line => line.Run(), this, preferLocal: false);
        }

        private void Run()
        {
            while (Next() is { } bytes)
            {
                arrive(bytes);
            }
        }

        private byte[]? Next()
        {
            lock (_waiting)
            {
                _isRunning = _waiting.TryDequeue(out var next);
                return next;
            }
        }
    }
}

/// <summary>One validator's end.</summary>
internal sealed class MemoryLink(MemoryNetwork network, Address own) : IValidatorLink
{
    private volatile EpochSettings? _epoch;

    public void Open(EpochSettings epoch) => _epoch = epoch;

    public void Send(int? to, WireMessage message)
    {
        var members = _epoch!.Set.Members;
        for (var place = 0; place < members.Length; place++)
        {
            if (members[place].Key != own && (to is null || to == place))
            {
                network.Send(own, members[place].Key, message);
            }
        }
    }
}
