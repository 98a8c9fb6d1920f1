using System.Threading.Channels;
using Microsoft.Azure.Functions.Worker;

namespace Ncn.FunctionsStandIns.Tests;

public sealed class TimerLog
{
    public Channel<TimerInfo> Started { get; } = Channel.CreateUnbounded<TimerInfo>();

    public SemaphoreSlim MayFinish { get; } = new(0);
}

public sealed class TimerFunctions(TimerLog log)
{
    [Function("Tick")]
    public async Task Tick([TimerTrigger("%EveryFiveSeconds%", RunOnStartup = true)] TimerInfo timer, CancellationToken cancellationToken)
    {
        log.Started.Writer.TryWrite(timer);
        await log.MayFinish.WaitAsync(cancellationToken);
        if (timer.IsPastDue)
        {
            throw new InvalidOperationException("a failing run does not stop the timer");
        }
    }
}
