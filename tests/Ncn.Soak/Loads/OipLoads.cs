using System.Net.Http.Json;
using System.Text.Json;
using global::Inference;
using Ncn.Soak.Node;

namespace Ncn.Soak.Loads;

/// <summary>The operator's own tensors over REST.</summary>
internal sealed class OipRestLoad(SoakNode node) : ISoakLoad
{
    public string Name => "OIP over REST";

    public int Clients => 2;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(20);

    public async Task StepAsync(Random random)
    {
        int rows = random.Next(1, 5);
        var input = new { name = "input", shape = (int[])[rows, SoakModels.NetworkInputs], datatype = "FP32", data = Enumerable.Range(0, rows * SoakModels.NetworkInputs).Select(_ => random.NextSingle()) };
        using HttpResponseMessage answer = await node.Worker.Http.PostAsJsonAsync($"/v2/models/{SoakModels.Network}/infer", new { inputs = (object[])[input] });
        string body = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            throw new SoakFailedException($"{(int)answer.StatusCode}: {body}");
        }

        using JsonDocument parsed = JsonDocument.Parse(body);
        int numbers = parsed.RootElement.GetProperty("outputs")[0].GetProperty("data").GetArrayLength();
        _ = numbers == rows * SoakModels.NetworkOutputs ? numbers : throw new SoakFailedException($"{rows} rows gave {numbers} numbers");
    }
}

/// <summary>The operator's own tensors over gRPC.</summary>
internal sealed class OipGrpcLoad(SoakNode node) : ISoakLoad
{
    public string Name => "OIP over gRPC";

    public int Clients => 2;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(20);

    public async Task StepAsync(Random random)
    {
        int rows = random.Next(1, 5);
        ModelInferRequest request = SoakInputs.Tensors(SoakModels.Network, "input", random, rows, SoakModels.NetworkInputs);
        ModelInferResponse answer = await node.Oip.ModelInferAsync(request, node.OperatorMetadata);
        if (answer.RawOutputContents.Single().Length != rows * SoakModels.NetworkOutputs * sizeof(float))
        {
            throw new SoakFailedException($"{rows} rows gave {answer.RawOutputContents[0].Length} bytes");
        }
    }
}

/// <summary>What supervisors ask all the time.</summary>
internal sealed class HealthLoad(SoakNode node) : ISoakLoad
{
    private static readonly string[] Paths = ["/healthz", "/readyz", "/v2/health/live", "/v2/health/ready", "/v2", "/ncn/v1/node/status", $"/v2/models/{SoakModels.Network}"];

    public string Name => "health and metadata";

    public int Clients => 1;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(250);

    public async Task StepAsync(Random random)
    {
        string path = Paths[random.Next(Paths.Length)];
        using HttpResponseMessage answer = await node.Worker.Http.GetAsync(path);
        _ = answer.IsSuccessStatusCode ? answer : throw new SoakFailedException($"{path} answers {(int)answer.StatusCode}");
    }
}

/// <summary>The operator unloads a model, loads it again and uses it.</summary>
internal sealed class ReloadLoad(SoakNode node) : ISoakLoad
{
    public string Name => "unload and load";

    public int Clients => 1;

    public TimeSpan Pause => TimeSpan.FromSeconds(2);

    public async Task StepAsync(Random random)
    {
        await PostAsync("unload");
        ModelInferRequest request = SoakInputs.Tensors(SoakModels.Spare, "input", random, 1, SoakModels.NetworkInputs);
        try
        {
            await node.Oip.ModelInferAsync(request, node.OperatorMetadata);
            throw new SoakFailedException("a model that was unloaded answers");
        }
        catch (Grpc.Core.RpcException refusal) when (refusal.StatusCode is Grpc.Core.StatusCode.NotFound or Grpc.Core.StatusCode.Unavailable)
        {
            await PostAsync("load"); // refused, as it has to be
        }

        await node.Oip.ModelInferAsync(request, node.OperatorMetadata);
    }

    private async Task PostAsync(string action)
    {
        using HttpResponseMessage answer = await node.Worker.Http.PostAsync($"/v2/repository/models/{SoakModels.Spare}/{action}", null);
        _ = answer.IsSuccessStatusCode ? answer : throw new SoakFailedException($"{action} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }
}
