namespace Azure.Messaging.ServiceBus;

public class ServiceBusClientOptions
{
    public string? Identifier { get; set; }

    public ServiceBusRetryOptions RetryOptions { get; set; } = new();
}

public class ServiceBusRetryOptions
{
    public ServiceBusRetryMode Mode { get; set; } = ServiceBusRetryMode.Exponential;

    /// <summary>Attempts after the first, 0 to 100.</summary>
    public int MaxRetries
    {
        get;
        set => field = value is >= 0 and <= 100 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxRetries is 0 to 100.");
    } = 3;

    /// <summary>The wait before the first retry.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(0.8);

    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one attempt may take, besides the time that a receiver asked the service to wait.</summary>
    public TimeSpan TryTimeout { get; set; } = TimeSpan.FromMinutes(1);

    internal TimeSpan DelayBefore(int retry)
    {
        var factor = Mode == ServiceBusRetryMode.Fixed ? 1 : Math.Pow(2, retry - 1);
        var jitter = 1 + (0.08 * Random.Shared.NextDouble());
        return TimeSpan.FromSeconds(Math.Min(Delay.TotalSeconds * factor * jitter, MaxDelay.TotalSeconds));
    }
}

public enum ServiceBusRetryMode
{
    Fixed = 0,
    Exponential = 1,
}
