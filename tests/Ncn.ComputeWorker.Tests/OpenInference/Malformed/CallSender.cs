using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Inference;
using Ncn.ComputeWorker.Tests.Direct;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests.OpenInference.Malformed;

/// <summary>Sends calls, wrong and right ones, and judges the answers.</summary>
internal sealed class CallSender(OperatorFixture node, Eip712Domain network)
{
    private static readonly HashSet<StatusCode> CallersFault =
    [
        StatusCode.InvalidArgument, StatusCode.NotFound, StatusCode.Unauthenticated, StatusCode.FailedPrecondition, StatusCode.OutOfRange, StatusCode.ResourceExhausted,
    ];

    // The message goes as it is: no client library gets to look at it.
    private static readonly Marshaller<byte[]> AsIs = Marshallers.Create(static bytes => bytes, static bytes => bytes);
    private static readonly Method<byte[], byte[]> Infer = new(MethodType.Unary, "inference.GRPCInferenceService", "ModelInfer", AsIs, AsIs);
    private static readonly Method<byte[], byte[]> Stream = new(MethodType.DuplexStreaming, "inference.GRPCInferenceService", "ModelStreamInfer", AsIs, AsIs);

    private readonly byte[] _expected = node.Worker.OpenInference.ModelInfer(Right(), InferenceCalls.Token).RawOutputContents[0].ToByteArray();

    /// <summary>What is wrong with the answer to a wrong call; null when it is refused as it should be.</summary>
    public async Task<string?> RefusalProblemAsync(MalformedCall call)
    {
        try
        {
            return call switch
            {
                MalformedCall.Rest rest => Judge(await SendAsync(rest)),
                MalformedCall.Socket socket => await JudgeAsync(socket),
                MalformedCall.Message message => await JudgeAsync(message.Bytes),
                MalformedCall.Streamed streamed => await JudgeStreamAsync(streamed.Bytes),
                MalformedCall.Job job => await JudgeAsync(job),
                _ => throw new InvalidOperationException(call.What),
            };
        }
        catch (RpcException refusal)
        {
            Words.Checked(refusal.Status.Detail);
            return CallersFault.Contains(refusal.StatusCode) ? null : $"gRPC {refusal.Status}";
        }
    }

    /// <summary>A right call of one of the ways in; throws when it is not answered rightly.</summary>
    public async Task CallRightlyAsync(int way)
    {
        Assert.Equal(_expected, (way % 4) switch
        {
            0 => (await node.Calls.PostAsync("/v2/models/mlp/infer", MalformedJson.Tensor()[..^1] + ""","parameters":{"binary_data_output":true}}""")).Body[^_expected.Length..],
            1 => (await node.Worker.OpenInference.ModelInferAsync(Right(), InferenceCalls.Token)).RawOutputContents[0].ToByteArray(),
            2 => await StreamRightlyAsync(),
            _ => await RunRightlyAsync(),
        });
    }

    private static string? Judge(RestAnswer answer)
    {
        answer.Error();
        return (int)answer.Status is >= 400 and < 500 ? null : $"HTTP {(int)answer.Status} {answer.Error()}";
    }

    private Task<RestAnswer> SendAsync(MalformedCall.Rest call) => call.Method == "POST"
        ? node.Calls.PostAsync(call.Path, call.Body, call.ContentType, call.JsonLength, call.Encoding)
        : node.Calls.SendAsync(new HttpMethod(call.Method), call.Path, new ByteArrayContent(call.Body), TestWorker.OperatorToken);

    private async Task<string?> JudgeAsync(MalformedCall.Socket call)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(node.Worker.Ports.Http.Host, node.Worker.Ports.Http.Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(call.Bytes);
        socket.Client.Shutdown(SocketShutdown.Send);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException) when (call.MayHangUp)
        {
            // The connection was reset, with or without an answer before.
        }

        string text = Encoding.UTF8.GetString(answer.ToArray());
        if (text.Length == 0)
        {
            return call.MayHangUp ? null : "no answer";
        }

        string body = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        JsonProperty member = Assert.Single(JsonDocument.Parse(body).RootElement.EnumerateObject());
        Assert.Equal("error", member.Name);
        Words.Checked(member.Value.GetString());
        return text.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) ? null : text;
    }

    private async Task<string?> JudgeAsync(byte[] message)
    {
        using AsyncUnaryCall<byte[]> call = node.Worker.Invoker.AsyncUnaryCall(Infer, null, new CallOptions(InferenceCalls.Token), message);
        return $"answered with {(await call).Length} bytes";
    }

    private async Task<string?> JudgeStreamAsync(byte[] message)
    {
        using AsyncDuplexStreamingCall<byte[], byte[]> call = node.Worker.Invoker.AsyncDuplexStreamingCall(Stream, null, new CallOptions(InferenceCalls.Token));
        await call.RequestStream.WriteAsync(message);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Words.Checked(ModelStreamInferResponse.Parser.ParseFrom(call.ResponseStream.Current).ErrorMessage);
        return null;
    }

    private async Task<string?> JudgeAsync(MalformedCall.Job call)
    {
        RunRequest request = DirectRun.Request(node.Gateway.Job(node.Worker.Address, node.Offer(call.Model), call.Input, 0), null, call.Input);
        using AsyncServerStreamingCall<RunEvent> run = node.Worker.Compute.Run(request);
        return await run.ResponseStream.MoveNext(CancellationToken.None) ? "the job ran" : "the job ended";
    }

    private async Task<byte[]> StreamRightlyAsync()
    {
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = node.Worker.OpenInference.ModelStreamInfer(InferenceCalls.Token);
        await call.RequestStream.WriteAsync(Right());
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current.InferResponse.RawOutputContents[0].ToByteArray();
    }

    private async Task<byte[]> RunRightlyAsync()
    {
        byte[] input = new Input { Tensors = Right().ToByteString() }.ToByteArray();
        ModelOffer offer = node.Offer("mlp");
        Delivery delivery = await DirectRun.RunAsync(
            node.Worker.Compute, DirectRun.Request(node.Gateway.Job(node.Worker.Address, offer, input, 0), null, input), offer, new Usage(0, 0, 1), network);
        return ModelInferResponse.Parser.ParseFrom(delivery.Chunks.Single().Tensors).RawOutputContents[0].ToByteArray();
    }

    private static ModelInferRequest Right() => new()
    {
        ModelName = "mlp",
        Inputs =
        {
            new ModelInferRequest.Types.InferInputTensor
            {
                Name = "input", Datatype = "FP32", Shape = { 1, 4 }, Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3, 4 } },
            },
        },
    };
}
