using System.Net;

namespace Grpc.Net.Client.Internal;

/// <summary>One framed message as a request body.</summary>
internal sealed class SingleRequestContent(MessageSerializer serializer, ReadOnlyMemory<byte> frame) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
        // Returned to the pool only after the transport has taken the bytes.
        serializer.Dispose();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>A request body that stays open while the caller writes messages into it.</summary>
internal sealed class StreamingRequestContent(CancellationToken aborted) : HttpContent
{
    private readonly TaskCompletionSource<Stream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<Stream> OpenAsync() => opened.Task.IsCompleted ? opened.Task : opened.Task.WaitAsync(aborted);

    internal void Complete() => completed.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The server should see the call before its first message.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        opened.TrySetResult(stream);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(aborted, cancellationToken);
        await completed.Task.WaitAsync(linked.Token).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
