namespace Azure.Messaging.ServiceBus;

/// <summary>
/// One message's way through a processor: 1. its lock is renewed meanwhile; 2. the handler runs; 3. it is completed, or
/// abandoned when the handler threw. What goes wrong is told to the error handler.
/// </summary>
internal sealed class MessageTurn(ServiceBusProcessor processor, ServiceBusReceiver receiver, ServiceBusReceivedMessage message, CancellationToken stopping)
{
    private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);

    private bool IsLocked => receiver.ReceiveMode == ServiceBusReceiveMode.PeekLock && !message.IsSettled;

    public async Task RunAsync()
    {
        using var ended = new CancellationTokenSource();
        var renewal = RenewAsync(ended.Token);
        if (!await TryHandleAsync().ConfigureAwait(false))
        {
            await SettleAsync(ServiceBusErrorSource.Abandon, () => receiver.AbandonMessageAsync(message)).ConfigureAwait(false);
        }
        else if (processor.AutoCompleteMessages)
        {
            await SettleAsync(ServiceBusErrorSource.Complete, () => receiver.CompleteMessageAsync(message)).ConfigureAwait(false);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await renewal.ConfigureAwait(false);
    }

    private async Task<bool> TryHandleAsync()
    {
        try
        {
            await processor.OnProcessMessageAsync(new ProcessMessageEventArgs(message, receiver, processor.Identifier, stopping)).ConfigureAwait(false);
            return true;
        }
        catch (Exception error)
        {
            await ReportAsync(error, ServiceBusErrorSource.ProcessMessageCallback).ConfigureAwait(false);
            return false;
        }
    }

    private async Task SettleAsync(ServiceBusErrorSource source, Func<Task> settle)
    {
        try
        {
            // The processor's stop does not keep a finished message from being settled.
            await (IsLocked ? settle() : Task.CompletedTask).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await ReportAsync(error, source).ConfigureAwait(false);
        }
    }

    private async Task RenewAsync(CancellationToken ended)
    {
        var limit = processor.MaxAutoLockRenewalDuration;
        var until = limit == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : DateTimeOffset.UtcNow + limit;
        while (IsLocked && message.LockedUntil < until)
        {
            await Task.Delay(BeforeRenewal(), ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested || !await TryRenewAsync(ended).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Half of what is left of the lock, or all but ten seconds of it if that is later.</summary>
    private TimeSpan BeforeRenewal()
    {
        var left = message.LockedUntil - DateTimeOffset.UtcNow;
        var margin = left / 2 < LongestMargin ? left / 2 : LongestMargin;
        return left - margin > ShortestPause ? left - margin : ShortestPause;
    }

    private async Task<bool> TryRenewAsync(CancellationToken ended)
    {
        try
        {
            await receiver.RenewMessageLockAsync(message, ended).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception error)
        {
            // A handler that settled the message meanwhile has taken the lock away itself.
            await (message.IsSettled ? Task.CompletedTask : ReportAsync(error, ServiceBusErrorSource.RenewLock)).ConfigureAwait(false);
            return false;
        }
    }

    private Task ReportAsync(Exception error, ServiceBusErrorSource source) => processor.ReportAsync(error, source, stopping);
}
