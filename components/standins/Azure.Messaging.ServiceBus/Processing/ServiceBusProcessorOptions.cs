namespace Azure.Messaging.ServiceBus;

public class ServiceBusProcessorOptions
{
    /// <summary>Completes a message when its handler ended well and has not settled it.</summary>
    public bool AutoCompleteMessages { get; set; } = true;

    /// <summary>How long a message's lock is renewed while its handler runs; zero renews none.</summary>
    public TimeSpan MaxAutoLockRenewalDuration
    {
        get;
        set => field = value >= TimeSpan.Zero || value == Timeout.InfiniteTimeSpan ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = TimeSpan.FromMinutes(5);

    /// <summary>Handlers that may run at the same time, at least one.</summary>
    public int MaxConcurrentCalls
    {
        get;
        set => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxConcurrentCalls is at least 1.");
    } = 1;

    public ServiceBusReceiveMode ReceiveMode { get; set; }

    public SubQueue SubQueue { get; set; }

    public string? Identifier { get; set; }
}
