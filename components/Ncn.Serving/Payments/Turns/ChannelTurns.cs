using System.Collections.Concurrent;
using Dapr.Actors.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Serving.Payments.Turns;

/// <summary>All that this process asks of channels' actors goes through here: a request waits for an actor once, and many share a call.</summary>
/// <remarks>
/// A reservation is waited for; a charge or release is not, and is durable a moment later. On shutdown everything is sent. Before the
/// first step on a channel, what an earlier life of this process left on it is settled (<see cref="LeftBehind"/>).
/// </remarks>
public sealed class ChannelTurns(
    IActorProxyFactory actors, LeftBehind left, GatewayLife life, IOptions<ChannelOptions> options, TimeProvider time, ILogger<ChannelTurns> log) : IHostedService
{
    private const int MaxIdle = 10_000;
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<ChannelId, ChannelPipeline> _pipelines = [];
    private readonly ConcurrentDictionary<ChannelId, bool> _settled = [];
    private long _calls;
    private volatile bool _isStopping;

    /// <summary>This process, as reservations name it.</summary>
    public Holder Holder => life.Holder;

    /// <summary>Calls of actors so far.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Does a step and waits until it is durable. The step is done all the same when the caller stops waiting.</summary>
    public Task<ChannelResult> AskAsync(ChannelId channel, ChannelStep step, CancellationToken cancellationToken) =>
        Pipeline(channel).AskAsync(step).WaitAsync(cancellationToken);

    /// <summary>Does a step soon, and repeats it until it is done.</summary>
    public void Tell(ChannelId channel, ChannelStep step) => Pipeline(channel).Tell(step, null, _isStopping);

    /// <summary>The channel's books as this process knows them, with all that it has promised; null when it knows nothing.</summary>
    public ChannelResult? View(ChannelId channel) => _pipelines.GetValueOrDefault(channel)?.View;

    /// <summary>True when other processes charge on the channel too, so that its books are known only when a charge is durable.</summary>
    public bool IsShared(ChannelId channel) => _pipelines.GetValueOrDefault(channel)?.IsShared == true;

    /// <summary>Sends what waits for a channel and settles what an earlier life left on it.</summary>
    public async Task FlushAsync(ChannelId channel, CancellationToken cancellationToken)
    {
        await Pipeline(channel).FlushAsync().WaitAsync(cancellationToken);
        await SettleLeftAsync(channel);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends everything that waits.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await Task.WhenAll(_pipelines.Values.Select(static pipeline => pipeline.FlushAsync())).WaitAsync(cancellationToken);
    }

    /// <summary>The books as they will be after a charge that is told later, by <see cref="Keep"/>.</summary>
    internal ChannelResult Promise(ChannelId channel, ChannelResult basis, Promise promise) => Pipeline(channel).Promise(basis, promise);

    /// <summary>Does the charge that was promised.</summary>
    internal void Keep(ChannelId channel, ChargeCall charge, Promise promise) =>
        Pipeline(channel).Tell(new ChannelStep { Charge = charge }, promise, _isStopping);

    /// <summary>The promised charge will not be made.</summary>
    internal void Withdraw(ChannelId channel, Promise promise) => Pipeline(channel).Withdraw(promise);

    private ChannelPipeline Pipeline(ChannelId channel)
    {
        if (_pipelines.Count > MaxIdle)
        {
            DropIdle();
        }

        return _pipelines.GetOrAdd(channel, NewPipeline);
    }

    private ChannelPipeline NewPipeline(ChannelId channel) => new(
        channel, steps => ApplyAsync(channel, steps), TimeSpan.FromMilliseconds(options.Value.FlushMilliseconds), time, log);

    private async Task<ChannelResult[]> ApplyAsync(ChannelId channel, ChannelStep[] steps)
    {
        await SettleLeftAsync(channel);
        Interlocked.Increment(ref _calls);
        return await Actor(channel).ApplyAsync(steps);
    }

    private async Task SettleLeftAsync(ChannelId channel)
    {
        if (!_settled.ContainsKey(channel))
        {
            await left.SettleAsync(Actor(channel), channel);
            _settled[channel] = true;
        }
    }

    // A pipeline that is asked in the moment in which it is dropped still does its steps; only its view is forgotten.
    private void DropIdle()
    {
        foreach (var (channel, pipeline) in _pipelines)
        {
            if (pipeline.IsIdle && time.GetElapsedTime(pipeline.UsedAt) > IdleTime)
            {
                _pipelines.TryRemove(KeyValuePair.Create(channel, pipeline));
            }
        }
    }

    private IChannelActor Actor(ChannelId channel) => actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
}
