using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Soak.Node;

namespace Ncn.Soak.Loads;

/// <summary>Requests with something wrong in them: each must be refused as the client's fault, and quickly.</summary>
internal sealed class MalformedLoad(SoakNode node) : ISoakLoad
{
    private static readonly string[] Bodies =
    [
        "", "{", "null", "[]", "{\"inputs\":null}", "{\"inputs\":[]}", "{\"inputs\":[{\"name\":\"input\",\"shape\":[-1,16],\"datatype\":\"FP32\",\"data\":[]}]}",
        "{\"inputs\":[{\"name\":\"input\",\"shape\":[9223372036854775807,9223372036854775807],\"datatype\":\"FP32\",\"data\":[1]}]}",
        "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,16],\"datatype\":\"FP99\",\"data\":[1]}]}",
        "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,16],\"datatype\":\"FP32\",\"data\":[1,2,\"x\"]}]}",
    ];

    public string Name => "malformed";

    public int Clients => 2;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(50);

    public Task StepAsync(Random random) => random.Next(4) switch
    {
        0 => RestAsync(random),
        1 => GrpcAsync(async () => await node.Oip.ModelInferAsync(SoakInputs.Tensors(SoakModels.Network, "nothing", random, random.Next(0, 3), random.Next(0, 40)), node.OperatorMetadata)),
        2 => GrpcAsync(() => RunAsync(new RunRequest { JobJson = Noise(random), PaymentJson = Noise(random), Input = ByteString.CopyFromUtf8(Noise(random)) })),
        _ => GrpcAsync(() => RunAsync(Forged(random))),
    };

    private async Task RestAsync(Random random)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(Bodies[random.Next(Bodies.Length)]));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage answer = await node.Worker.Http.PostAsync($"/v2/models/{SoakModels.Network}/infer", body);
        int status = (int)answer.StatusCode;
        _ = status is >= 400 and < 500 ? status : throw new SoakFailedException($"a malformed body was answered with {status}");
    }

    private static async Task GrpcAsync(Func<Task> call)
    {
        try
        {
            await call();
            throw new SoakFailedException("a malformed request was served");
        }
        catch (RpcException refusal) when (refusal.StatusCode is StatusCode.InvalidArgument or StatusCode.Unauthenticated or StatusCode.FailedPrecondition or StatusCode.NotFound)
        {
            _ = refusal.Status.Detail.Length > 0 ? refusal : throw new SoakFailedException($"{refusal.StatusCode} came without a word");
        }
    }

    private async Task RunAsync(RunRequest request)
    {
        using AsyncServerStreamingCall<RunEvent> call = node.Compute.Run(request);
        await call.ResponseStream.MoveNext(CancellationToken.None);
    }

    /// <summary>A signed and paid job whose input no model takes, or whose signature is for something else.</summary>
    private RunRequest Forged(Random random)
    {
        byte[] input = random.Next(2) == 0 ? Encoding.UTF8.GetBytes(Noise(random)) : new Input { Generate = new GenerateInput { Prompt = "x", MaxTokens = 1 << 30 } }.ToByteArray();
        Signed<InferenceJob> job = node.Job(node.Offers[SoakModels.Decoder], input, seed: 0);
        job = random.Next(2) == 0 ? job : job with { Message = job.Message with { Seed = 1 } };
        return new RunRequest
        {
            JobJson = JsonSerializer.Serialize(job, ProtocolJson.Options),
            PaymentJson = JsonSerializer.Serialize(node.Payment(), ProtocolJson.Options),
            Input = ByteString.CopyFrom(input),
        };
    }

    private static string Noise(Random random) => new([.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => (char)random.Next(1, 0x250))]);
}
