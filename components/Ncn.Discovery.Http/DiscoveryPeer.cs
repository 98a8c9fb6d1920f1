using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Ncn.Discovery.Http.Transport;
using Ncn.Protocol;

namespace Ncn.Discovery.Http;

/// <summary>What a lookup found.</summary>
/// <param name="Adverts">The newest of each name, the best admitted first.</param>
/// <param name="Closest">The peers nearest to the place that answered, nearest first.</param>
/// <param name="Effort">What it cost.</param>
public sealed record Finding(ImmutableArray<VerifiedAdvert> Adverts, ImmutableArray<Contact> Closest, LookupEffort Effort);

/// <summary>The shell around the pure core: keeps its state in one place, gives it time and luck, and carries out what it says.</summary>
/// <remarks>One step at a time under a lock; what a step asks for is sent after it. Answers come back as steps of their own.</remarks>
public sealed class DiscoveryPeer : IAsyncDisposable
{
    private readonly Lock _turn = new();
    private readonly PeerIdentity _self;
    private readonly PeerCaller _caller;
    private readonly DiscoveryLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ITimer _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<ulong, TaskCompletionSource<Finding>> _lookups = [];
    private readonly Dictionary<DiscoveryKey, List<TaskCompletionSource<DiscoveryOutput.Published>>> _offers = [];
    private DiscoveryState _state;
    private DiscoveryAnswer? _answer;
    private ulong _lookup;

    /// <param name="self">Who it is.</param>
    /// <param name="caller">Asks others; the caller of this constructor disposes it.</param>
    /// <param name="limits">Bounds and periods.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="log">Hears of adverts that were refused.</param>
    public DiscoveryPeer(PeerIdentity self, PeerCaller caller, DiscoveryLimits limits, TimeProvider time, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(self);
        ArgumentNullException.ThrowIfNull(time);
        (_self, _caller, _limits, _time, _log) = (self, caller, limits, time, log);
        _state = DiscoveryState.Create(self.Id, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        _clock = time.CreateTimer(_ => Apply(new DiscoveryInput.Tick(Now)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Its id.</summary>
    public PeerId Id => _self.Id;

    /// <summary>What it knows now.</summary>
    public DiscoveryState State => Volatile.Read(ref _state);

    /// <summary>What it says of itself now; null for a client.</summary>
    public Contact? Self => _self.At(Now);

    private ulong Now => (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Enters the network through these peers.</summary>
    public void Join(IEnumerable<Contact> through) => Apply(new DiscoveryInput.Join(Now, [.. through.Where(peer => peer.Id != Id)]));

    /// <summary>Completes once some peer has answered; before that every lookup finds nothing.</summary>
    public Task JoinedAsync(CancellationToken cancellationToken) => _joined.Task.WaitAsync(cancellationToken);

    /// <summary>Says what operators have staked, whole.</summary>
    public void SetStakes(ImmutableSortedDictionary<Address, TokenAmount> stakes) => Apply(new DiscoveryInput.SetStakes(Now, stakes));

    /// <summary>Looks for adverts under a key.</summary>
    /// <param name="key">Where.</param>
    /// <param name="enough">End with so many; 0 asks every peer that should have one.</param>
    /// <param name="cancellationToken">Ends the wait; the lookup ends by itself.</param>
    public Task<Finding> FindAsync(DiscoveryKey key, int enough, CancellationToken cancellationToken) =>
        LookUpAsync(number => new DiscoveryInput.FindAdverts(Now, number, key, enough), cancellationToken);

    /// <summary>Looks for the peers nearest to a place.</summary>
    public Task<Finding> FindPeersAsync(Hash32 target, CancellationToken cancellationToken) =>
        LookUpAsync(number => new DiscoveryInput.FindPeers(Now, number, target), cancellationToken);

    /// <summary>Advertises now and again until the advert expires; completes when it was offered to the holders of all its keys once.</summary>
    /// <returns>What became of it under each key, in the order of the advert's keys; none when it was rejected, which is logged.</returns>
    public async Task<IReadOnlyList<DiscoveryOutput.Published>> PublishAsync(VerifiedAdvert advert, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(advert);
        var offers = advert.Keys.Select(static _ => new TaskCompletionSource<DiscoveryOutput.Published>(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        lock (_turn)
        {
            for (var i = 0; i < offers.Length; i++)
            {
                (_offers.TryGetValue(advert.Keys[i], out var waiting) ? waiting : _offers[advert.Keys[i]] = []).Add(offers[i]);
            }
        }

        try
        {
            var outputs = Apply(new DiscoveryInput.Publish(Now, advert));
            return outputs.Any(static output => output is DiscoveryOutput.Rejected)
                ? []
                : await Task.WhenAll(offers.Select(static offer => offer.Task)).WaitAsync(cancellationToken);
        }
        finally
        {
            Forget(advert, offers);
        }
    }

    /// <summary>Stops advertising.</summary>
    public void Withdraw(AdvertName name) => Apply(new DiscoveryInput.Withdraw(Now, name));

    /// <summary>Hands over what it keeps for others and tells its neighbours, in bounded time.</summary>
    public async Task LeaveAsync(TimeSpan patience)
    {
        Apply(new DiscoveryInput.Leave(Now));
        await Task.WhenAny(_gone.Task, Task.Delay(patience, _time, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _clock.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>Answers another peer; null for a client's request.</summary>
    internal DiscoveryAnswer Answer(Contact? from, DiscoveryRequest request)
    {
        IReadOnlyList<DiscoveryOutput> outputs;
        DiscoveryAnswer answer;
        lock (_turn)
        {
            outputs = Step(new DiscoveryInput.Request(Now, from, 0, request));
            answer = _answer ?? throw new InvalidOperationException($"A {request.GetType().Name} was not answered.");
            _answer = null;
        }

        Send(outputs);
        return answer;
    }

    private async Task<Finding> LookUpAsync(Func<ulong, DiscoveryInput> input, CancellationToken cancellationToken)
    {
        var found = new TaskCompletionSource<Finding>(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = Interlocked.Increment(ref _lookup);
        lock (_turn)
        {
            _lookups.Add(number, found);
        }

        Apply(input(number));
        return await found.Task.WaitAsync(cancellationToken);
    }

    private IReadOnlyList<DiscoveryOutput> Apply(DiscoveryInput input)
    {
        IReadOnlyList<DiscoveryOutput> outputs;
        lock (_turn)
        {
            outputs = Step(input);
        }

        Send(outputs);
        return outputs;
    }

    private IReadOnlyList<DiscoveryOutput> Step(DiscoveryInput input)
    {
        (_state, var outputs) = DiscoveryCore.Apply(_state, input, _limits);
        foreach (var output in outputs)
        {
            Note(output);
        }

        if (!_joined.Task.IsCompleted && _state.Table.Count > 0)
        {
            _joined.TrySetResult();
        }

        return outputs;
    }

    private void Note(DiscoveryOutput output)
    {
        switch (output)
        {
            case DiscoveryOutput.Answer answer:
                _answer = answer.Body;
                break;
            case DiscoveryOutput.Wake wake when !_stop.IsCancellationRequested:
                _clock.Change(TimeSpan.FromMilliseconds(Math.Clamp((double)wake.At - Now, 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
                break;
            case DiscoveryOutput.Found found when _lookups.Remove(found.LookupId, out var waiting):
                waiting.TrySetResult(new Finding(found.Adverts, found.Closest, found.Effort));
                break;
            case DiscoveryOutput.Published published when _offers.Remove(published.Key, out var waiting):
                waiting.ForEach(offer => offer.TrySetResult(published));
                break;
            case DiscoveryOutput.Rejected rejected:
                _log.LogWarning("An advert of {Operator} is not published: {Reason}", rejected.Name.Operator, rejected.Reason);
                break;
            case DiscoveryOutput.Gone:
                _gone.TrySetResult();
                break;
        }
    }

    private void Send(IReadOnlyList<DiscoveryOutput> outputs)
    {
        foreach (var send in outputs.OfType<DiscoveryOutput.Send>())
        {
            _ = SendAsync(send);
        }
    }

    private async Task SendAsync(DiscoveryOutput.Send send)
    {
        DiscoveryInput result;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(TimeSpan.FromMilliseconds(send.Deadline > Now ? send.Deadline - Now : 0));
            var (peer, answer) = await _caller.AskAsync(send.Peer, send.Body, patience.Token);
            result = new DiscoveryInput.Answered(Now, send.RpcId, peer, answer);
        }
        catch (Exception failed) when (failed is PeerCallException or OperationCanceledException or ObjectDisposedException)
        {
            _log.LogDebug("{Peer} gave no answer: {Reason}", send.Peer.Url, failed.Message);
            result = new DiscoveryInput.Failed(Now, send.RpcId);
        }

        if (!_stop.IsCancellationRequested)
        {
            Apply(result);
        }
    }

    private void Forget(VerifiedAdvert advert, TaskCompletionSource<DiscoveryOutput.Published>[] offers)
    {
        lock (_turn)
        {
            for (var i = 0; i < offers.Length; i++)
            {
                if (_offers.TryGetValue(advert.Keys[i], out var waiting) && waiting.Remove(offers[i]) && waiting.Count == 0)
                {
                    _offers.Remove(advert.Keys[i]);
                }
            }
        }
    }
}
