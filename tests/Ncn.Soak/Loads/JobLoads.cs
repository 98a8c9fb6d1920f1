using Ncn.Protocol.Grpc;
using Ncn.Soak.Node;

namespace Ncn.Soak.Loads;

/// <summary>Texts on the direct path, to the end.</summary>
internal sealed class ChatLoad(SoakNode node, string model, int clients) : ISoakLoad
{
    public string Name => "direct text, " + model;

    public int Clients => clients;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(20);

    public async Task StepAsync(Random random)
    {
        (string finish, IReadOnlyList<Chunk> _) = await new DirectJob(node, model, SoakInputs.Chat(random, 80), (ulong)random.NextInt64()).RunAsync();
        _ = finish is "stop" or "length" ? finish : throw new SoakFailedException($"the finish reason is '{finish}'");
    }
}

/// <summary>Jobs that the gateway stops after the first chunk.</summary>
internal sealed class StopLoad(SoakNode node) : ISoakLoad
{
    public string Name => "direct text, stopped";

    public int Clients => 1;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(100);

    public async Task StepAsync(Random random)
    {
        var job = new DirectJob(node, SoakModels.Decoder, SoakInputs.LongChat(random), (ulong)random.NextInt64());
        await job.RunAsync(onFirstChunk: job.StopAsync); // the last chunk may have been on its way: any finish reason is right
    }
}

/// <summary>Gateways that hang up after the first chunk.</summary>
internal sealed class HangUpLoad(SoakNode node) : ISoakLoad
{
    public string Name => "direct text, hung up";

    public int Clients => 1;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(100);

    public Task StepAsync(Random random) =>
        new DirectJob(node, SoakModels.Decoder, SoakInputs.LongChat(random), (ulong)random.NextInt64()).AbandonAsync();
}

/// <summary>Tensors on the direct path.</summary>
internal sealed class TensorLoad(SoakNode node) : ISoakLoad
{
    public string Name => "direct tensors";

    public int Clients => 2;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(20);

    public async Task StepAsync(Random random)
    {
        int rows = random.Next(1, 17);
        var input = new Input { Tensors = Google.Protobuf.MessageExtensions.ToByteString(SoakInputs.Tensors("digits", "image", random, rows, 1, 8, 8)) };
        await new DirectJob(node, "digits", input, seed: 0).RunAsync((uint)rows);
    }
}

/// <summary>Vectors of texts on the direct path.</summary>
internal sealed class EmbeddingLoad(SoakNode node) : ISoakLoad
{
    public string Name => "direct embeddings";

    public int Clients => 1;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(50);

    public async Task StepAsync(Random random)
    {
        var embed = new EmbedInput { Texts = { Enumerable.Range(0, random.Next(1, 9)).Select(_ => SoakInputs.Text(random, 12)) } };
        (string _, IReadOnlyList<Chunk> chunks) = await new DirectJob(node, SoakModels.Embedding, new Input { Embed = embed }, seed: 0).RunAsync((uint)embed.Texts.Count);
        var answer = global::Inference.ModelInferResponse.Parser.ParseFrom(chunks.Single().Tensors);
        if (answer.Outputs.First(output => output.Name == "embedding").Shape[0] != embed.Texts.Count)
        {
            throw new SoakFailedException($"{embed.Texts.Count} texts got vectors of shape {answer.Outputs[0].Shape}");
        }
    }
}
