using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Engine;

namespace Ncn.Validator.Tests.Support;

/// <summary>Lines between the validators of one process. Messages travel as the bytes that they have on the wire, in order on each line; a dead end swallows them.</summary>
internal sealed class MemoryNetwork(Hash32 network)
{
    private readonly ConcurrentDictionary<Address, ValidatorEngine> _there = [];
    private readonly ConcurrentDictionary<(Address From, Address To), Line> _lines = [];

    /// <summary>Whether a message of one to another gets lost.</summary>
    internal Func<Address, Address, bool> IsLost { get; set; } = static (_, _) => false;

    internal ImmutableArray<Address> There => [.. _there.Keys];

    internal void Join(Address key, ValidatorEngine engine) => _there[key] = engine;

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
        if (_there.TryGetValue(to, out var target))
        {
            Assert.True(target.Receive(from, message));
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
    public ImmutableArray<Address> Connected => [.. network.There.Where(key => key != own)];

    public void Send(Address to, WireMessage message) => network.Send(own, to, message);

    public void SendAll(WireMessage message)
    {
        foreach (var to in Connected)
        {
            network.Send(own, to, message);
        }
    }

    public void Flush()
    {
    }
}
