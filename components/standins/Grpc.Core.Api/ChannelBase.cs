namespace Grpc.Core;

/// <summary>A connection to a server, from which clients make calls.</summary>
public abstract class ChannelBase
{
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    public string Target { get; }

    public abstract CallInvoker CreateCallInvoker();

    public Task ShutdownAsync() => ShutdownAsyncCore();

    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}

/// <summary>Whether a channel uses TLS.</summary>
public abstract class ChannelCredentials
{
    private protected ChannelCredentials()
    {
    }

    public static ChannelCredentials Insecure { get; } = new PlainText();

    public static ChannelCredentials SecureSsl { get; } = new Tls();

    private sealed class PlainText : ChannelCredentials;

    private sealed class Tls : ChannelCredentials;
}
