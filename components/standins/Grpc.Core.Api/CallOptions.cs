namespace Grpc.Core;

/// <summary>What a caller says about one call.</summary>
public struct CallOptions
{
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    public Metadata? Headers { readonly get; private set; }

    /// <summary>UTC time after which the call fails with <see cref="StatusCode.DeadlineExceeded"/>.</summary>
    public DateTime? Deadline { readonly get; private set; }

    public CancellationToken CancellationToken { readonly get; private set; }

    public WriteOptions? WriteOptions { readonly get; private set; }

    public ContextPropagationToken? PropagationToken { get; }

    public CallCredentials? Credentials { get; }

    public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    public readonly CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };
}

/// <summary>Named by official signatures; this stand-in offers no way to make one.</summary>
public abstract class CallCredentials
{
    private protected CallCredentials()
    {
    }
}
