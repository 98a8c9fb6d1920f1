namespace Azure.Messaging.ServiceBus;

/// <summary>Receives messages and hands each to the handler, up to MaxConcurrentCalls at the same time.</summary>
public class ServiceBusProcessor : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromSeconds(1);
    private readonly ServiceBusClient client = null!;
    private readonly ServiceBusReceiver receiver = null!;
    private readonly SemaphoreSlim changing = new(1, 1);
    private Func<ProcessMessageEventArgs, Task>? processMessage;
    private Func<ProcessErrorEventArgs, Task>? processError;
    private CancellationTokenSource? stop;
    private Task? running;

    protected ServiceBusProcessor()
    {
    }

    protected internal ServiceBusProcessor(ServiceBusClient client, string queueName, ServiceBusProcessorOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new ServiceBusProcessorOptions();
        this.client = client;
        receiver = client.CreateReceiver(queueName, new ServiceBusReceiverOptions { ReceiveMode = options.ReceiveMode, SubQueue = options.SubQueue });
        Identifier = options.Identifier ?? $"{receiver.EntityPath}-{Guid.NewGuid()}";
        AutoCompleteMessages = options.AutoCompleteMessages;
        MaxAutoLockRenewalDuration = options.MaxAutoLockRenewalDuration;
        MaxConcurrentCalls = options.MaxConcurrentCalls;
    }

    /// <summary>Exactly one handler, set before the start. When it throws, the message is abandoned and the error handler hears of it.</summary>
    /// <exception cref="NotSupportedException">There is a handler already.</exception>
    public event Func<ProcessMessageEventArgs, Task> ProcessMessageAsync
    {
        add => Add(ref processMessage, value);
        remove => Remove(ref processMessage, value);
    }

    /// <summary>Exactly one handler, set before the start.</summary>
    /// <exception cref="NotSupportedException">There is a handler already.</exception>
    public event Func<ProcessErrorEventArgs, Task> ProcessErrorAsync
    {
        add => Add(ref processError, value);
        remove => Remove(ref processError, value);
    }

    public virtual string EntityPath => receiver.EntityPath;

    public virtual string FullyQualifiedNamespace => client.FullyQualifiedNamespace;

    public virtual string Identifier { get; } = "";

    public virtual ServiceBusReceiveMode ReceiveMode => receiver.ReceiveMode;

    public virtual bool AutoCompleteMessages { get; }

    public virtual TimeSpan MaxAutoLockRenewalDuration { get; }

    public virtual int MaxConcurrentCalls { get; }

    public virtual bool IsProcessing => running is not null;

    public virtual bool IsClosed { get; private set; }

    /// <exception cref="InvalidOperationException">A handler is missing, or the processor runs already.</exception>
    public virtual async Task StartProcessingAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        await changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            CheckStart();
            stop = new CancellationTokenSource();
            var token = stop.Token;
            running = Task.Run(() => PumpAsync(token), CancellationToken.None);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Receives no more, and waits until the handlers that run have ended; they see their token cancelled.</summary>
    public virtual async Task StopProcessingAsync(CancellationToken cancellationToken = default)
    {
        await changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (running is not null)
            {
                await stop!.CancelAsync().ConfigureAwait(false);
                await running.WaitAsync(cancellationToken).ConfigureAwait(false);
                stop.Dispose();
                running = null;
            }
        }
        finally
        {
            changing.Release();
        }
    }

    public virtual async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        IsClosed = true;
        await StopProcessingAsync(cancellationToken).ConfigureAwait(false);
        await receiver.CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        changing.Dispose();
        GC.SuppressFinalize(this);
    }

    protected internal virtual Task OnProcessMessageAsync(ProcessMessageEventArgs args) => processMessage!(args);

    protected internal virtual Task OnProcessErrorAsync(ProcessErrorEventArgs args) => processError!(args);

    /// <summary>Tells the error handler; what it throws has nobody left to hear it.</summary>
    internal async Task ReportAsync(Exception error, ServiceBusErrorSource source, CancellationToken stopping)
    {
        try
        {
            await OnProcessErrorAsync(new ProcessErrorEventArgs(error, source, FullyQualifiedNamespace, EntityPath, Identifier, stopping)).ConfigureAwait(false);
        }
        catch (Exception inHandler)
        {
            System.Diagnostics.Trace.TraceError($"The error handler of the processor of {EntityPath} failed: {inHandler}");
        }
    }

    private void CheckStart()
    {
        if (running is not null)
        {
            throw new InvalidOperationException("The processor is already running and needs to be stopped to perform this operation.");
        }

        if (processMessage is null || processError is null)
        {
            throw new InvalidOperationException("Cannot begin processing without handlers for ProcessMessageAsync and ProcessErrorAsync.");
        }
    }

    /// <summary>1. Wait for a free slot; 2. receive; 3. let the message run in the slot; at the end 4. wait until every slot is free.</summary>
    private async Task PumpAsync(CancellationToken stopping)
    {
        using var slots = new SemaphoreSlim(MaxConcurrentCalls);
        while (!stopping.IsCancellationRequested)
        {
            await slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            if (await TryReceiveAsync(stopping).ConfigureAwait(false) is { } message)
            {
                _ = Task.Run(() => RunAsync(message, slots, stopping), CancellationToken.None);
            }
            else
            {
                slots.Release();
            }
        }

        for (var taken = 0; taken < MaxConcurrentCalls; taken++)
        {
            await slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<ServiceBusReceivedMessage?> TryReceiveAsync(CancellationToken stopping)
    {
        try
        {
            return await receiver.ReceiveMessageAsync(cancellationToken: stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error)
        {
            await ReportAsync(error, ServiceBusErrorSource.Receive, stopping).ConfigureAwait(false);
            await Task.Delay(PauseAfterError, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return null;
        }
    }

    private async Task RunAsync(ServiceBusReceivedMessage message, SemaphoreSlim slots, CancellationToken stopping)
    {
        try
        {
            await new MessageTurn(this, receiver, message, stopping).RunAsync().ConfigureAwait(false);
        }
        finally
        {
            slots.Release();
        }
    }

    private static void Add<T>(ref T? handler, T value)
        where T : Delegate
    {
        ArgumentNullException.ThrowIfNull(value);
        handler = handler is null ? value : throw new NotSupportedException("Another handler has already been assigned to this event and there can be only one.");
    }

    private static void Remove<T>(ref T? handler, T value)
        where T : Delegate
    {
        handler = handler == value ? null : throw new ArgumentException("This handler has not been previously assigned to this event.", nameof(value));
    }
}
