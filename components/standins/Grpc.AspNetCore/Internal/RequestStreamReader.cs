using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The request stream of a call.</summary>
internal sealed class RequestStreamReader<TRequest, TResponse>(ServerCall<TRequest, TResponse> call) : IAsyncStreamReader<TRequest>
    where TRequest : class where TResponse : class
{
    private int isReading;
    private bool isFinished;

    public TRequest Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (call.IsCompleted)
        {
            throw new InvalidOperationException("Can't read messages after the request is complete.");
        }
        if (isFinished)
        {
            return false;
        }
        if (Interlocked.Exchange(ref isReading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }
        try
        {
            var message = await call.ReadAsync(cancellationToken).ConfigureAwait(false);
            isFinished = message is null;
            Current = message!;
            return !isFinished;
        }
        finally
        {
            Volatile.Write(ref isReading, 0);
        }
    }
}
