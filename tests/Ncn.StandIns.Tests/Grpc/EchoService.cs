using Google.Protobuf;
using Grpc.Core;

namespace Ncn.StandIns.Tests.Grpc;

/// <summary>What the tests want to know of calls that ended without the server method's doing.</summary>
public sealed class CallLog
{
    public TaskCompletionSource<DateTime> Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A service that misbehaves on request.</summary>
public sealed class EchoService(CallLog log) : Echo.EchoBase
{
    public override async Task<EchoReply> Single(EchoRequest request, ServerCallContext context)
    {
        await BehaveAsync(request, context);
        return new EchoReply { Text = request.Text, Index = request.Payload.Length, Payload = Payload(request) };
    }

    public override async Task Expand(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        for (var index = 0; index < request.Count; index++)
        {
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Index = index });
        }
        await BehaveAsync(request, context);
    }

    public override async Task<EchoReply> Collect(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        var reply = new EchoReply();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await BehaveAsync(request, context);
            reply.Text += request.Text;
            reply.Index++;
        }
        return reply;
    }

    public override async Task Chat(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        var index = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await BehaveAsync(request, context);
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Index = index++ });
        }
    }

    private static ByteString Payload(EchoRequest request) =>
        request.Behaviour == "big" ? ByteString.CopyFrom(new byte[request.Count]) : request.Payload;

    private async Task BehaveAsync(EchoRequest request, ServerCallContext context)
    {
        switch (request.Behaviour)
        {
            case "fail":
                context.ResponseTrailers.Add("reason", "asked to");
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "nicht möglich: 100 %"), new Metadata { { "proof-bin", [1, 2, 250, 251] } });
            case "throw":
                throw new InvalidOperationException("a secret of the server");
            case "headers":
                await context.WriteResponseHeadersAsync(new Metadata { { "seen", context.RequestHeaders.GetValue("sent") ?? "" }, { "seen-bin", context.RequestHeaders.GetValueBytes("sent-bin") ?? [] } });
                context.ResponseTrailers.Add("deadline", context.Deadline == DateTime.MaxValue ? "none" : "some");
                break;
            case "wait":
                await using (context.CancellationToken.Register(() => log.Cancelled.TrySetResult(DateTime.UtcNow)))
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
                }
                break;
        }
    }
}
