using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>Reads the response stream of a call.</summary>
internal sealed class ResponseStreamReader<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class where TResponse : class
{
    private int isReading;
    private bool isFinished;

    public TResponse Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (isFinished)
        {
            return false;
        }
        if (Interlocked.Exchange(ref isReading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }
        // A read that is given up leaves the stream between two messages, so cancelling a read cancels the call.
        using var registration = cancellationToken.UnsafeRegister(static state => ((GrpcCall)state!).CancelByCaller(), call);
        try
        {
            var message = await call.ReadAsync().ConfigureAwait(false);
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
