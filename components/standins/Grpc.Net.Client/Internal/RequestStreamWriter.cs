using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>Writes the request stream of a call.</summary>
internal sealed class RequestStreamWriter<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call) : IClientStreamWriter<TRequest>
    where TRequest : class where TResponse : class
{
    private readonly MessageSerializer serializer = call.CreateSerializer();
    private int isWriting;
    private bool isCompleted;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    internal StreamingRequestContent Content { get; } = new(call.Aborted);

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfClosed();
        if (Interlocked.Exchange(ref isWriting, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }
        // A message cannot be taken back once a part of it is sent, so cancelling a write cancels the call.
        using var registration = cancellationToken.UnsafeRegister(static state => ((GrpcCall)state!).CancelByCaller(), call);
        try
        {
            var stream = await Content.OpenAsync().ConfigureAwait(false);
            await stream.WriteAsync(call.Serialize(serializer, message), call.Aborted).ConfigureAwait(false);
            if (WriteOptions is null || !WriteOptions.Flags.HasFlag(WriteFlags.BufferHint))
            {
                await stream.FlushAsync(call.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            throw Explain(exception);
        }
        finally
        {
            Volatile.Write(ref isWriting, 0);
        }
    }

    public Task CompleteAsync()
    {
        if (Volatile.Read(ref isWriting) == 1)
        {
            throw new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress.");
        }
        isCompleted = true;
        Content.Complete();
        serializer.Dispose();
        return Task.CompletedTask;
    }

    private Exception Explain(Exception exception) =>
        call.HasEnded && call.GetStatus().StatusCode == StatusCode.OK ? CallIsComplete() : call.Fail(exception);

    private void ThrowIfClosed()
    {
        if (isCompleted)
        {
            throw new InvalidOperationException("Request stream has already been completed.");
        }
        if (call.HasEnded)
        {
            throw call.GetStatus().StatusCode == StatusCode.OK ? CallIsComplete() : call.EndedException();
        }
    }

    private static InvalidOperationException CallIsComplete() => new("Can't write the message because the call is complete.");
}
