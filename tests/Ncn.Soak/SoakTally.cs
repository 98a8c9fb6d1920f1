using System.Collections.Concurrent;
using System.Diagnostics;
using Ncn.Soak.Loads;

namespace Ncn.Soak;

/// <summary>What the clients of one load saw.</summary>
internal sealed class SoakTally(string name)
{
    private const int KeptMessages = 5;
    private readonly ConcurrentQueue<string> _messages = [];
    private long _requests;
    private long _failures;
    private long _slowestTicks;

    public string Name => name;

    public long Requests => Volatile.Read(ref _requests);

    public long Failures => Volatile.Read(ref _failures);

    public double SlowestSeconds => new TimeSpan(Volatile.Read(ref _slowestTicks)).TotalSeconds;

    /// <summary>The first few failures.</summary>
    public IReadOnlyList<string> Messages => [.. _messages];

    /// <summary>Makes one client's requests one after the other until it is time to stop, which no request is broken off for.</summary>
    public async Task RunAsync(ISoakLoad load, Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            long started = Stopwatch.GetTimestamp();
            try
            {
                await load.StepAsync(random);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Fail(exception); // every failure is counted, kept and reported
            }

            Note(Stopwatch.GetElapsedTime(started));
            await Task.Delay(load.Pause, CancellationToken.None);
        }
    }

    private void Fail(Exception exception)
    {
        Interlocked.Increment(ref _failures);
        if (_messages.Count < KeptMessages)
        {
            _messages.Enqueue($"{exception.GetType().Name}: {exception.Message}");
        }
    }

    private void Note(TimeSpan time)
    {
        Interlocked.Increment(ref _requests);
        long slowest = Volatile.Read(ref _slowestTicks);
        while (time.Ticks > slowest)
        {
            slowest = Interlocked.CompareExchange(ref _slowestTicks, time.Ticks, slowest) is var seen && seen == slowest ? time.Ticks : seen;
        }
    }
}
