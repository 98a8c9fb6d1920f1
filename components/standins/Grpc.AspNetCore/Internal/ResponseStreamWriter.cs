using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The response stream of a call.</summary>
internal sealed class ResponseStreamWriter<TRequest, TResponse>(ServerCall<TRequest, TResponse> call) : IServerStreamWriter<TResponse>
    where TRequest : class where TResponse : class
{
    private int isWriting;

    public WriteOptions? WriteOptions
    {
        get => call.Context.WriteOptions;
        set => call.Context.WriteOptions = value;
    }

    internal bool IsWriting => Volatile.Read(ref isWriting) == 1;

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        if (call.IsCompleted || call.Context.CancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }
        if (Interlocked.Exchange(ref isWriting, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }
        try
        {
            var flush = WriteOptions is null || !WriteOptions.Flags.HasFlag(WriteFlags.BufferHint);
            await call.WriteAsync(message, flush, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref isWriting, 0);
        }
    }
}
