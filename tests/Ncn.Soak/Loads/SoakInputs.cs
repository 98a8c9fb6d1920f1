using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol.Grpc;
using global::Inference;

namespace Ncn.Soak.Loads;

/// <summary>Well-formed inputs of every kind, by chance.</summary>
internal static class SoakInputs
{
    private static readonly string[] Words = ["What", "is", "17", "plus", "25", "?", "Count", "from", "1", "to", "20", "voucher", "naïve", "日本", "🙂", "the"];

    public static string Text(Random random, int mostWords) =>
        string.Join(' ', Enumerable.Range(0, random.Next(1, mostWords + 1)).Select(_ => Words[random.Next(Words.Length)]));

    /// <summary>A chat, or a raw prompt; greedy or sampled in any way.</summary>
    public static Input Chat(Random random, int mostTokens)
    {
        var generate = new GenerateInput { MaxTokens = (uint)random.Next(1, mostTokens + 1) };
        if (random.Next(2) == 0)
        {
            generate.MessagesJson = JsonSerializer.Serialize(new[] { new { role = "user", content = Text(random, 24) } });
        }
        else
        {
            generate.Prompt = Text(random, 24);
        }

        Sample(generate, random);
        return new Input { Generate = generate };
    }

    /// <summary>A long answer, so that there is something to stop.</summary>
    public static Input LongChat(Random random) => new()
    {
        Generate = new GenerateInput { Prompt = Text(random, 8), MaxTokens = 200, Temperature = 1.5f },
    };

    public static ModelInferRequest Tensors(string model, string name, Random random, int rows, params int[] rowShape)
    {
        var values = new float[rows * rowShape.Aggregate(1, (product, size) => product * size)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle();
        }

        var tensor = new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = "FP32", Shape = { rows } };
        tensor.Shape.AddRange(rowShape.Select(size => (long)size));
        var request = new ModelInferRequest { ModelName = model, Inputs = { tensor } };
        request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)));
        return request;
    }

    private static void Sample(GenerateInput generate, Random random)
    {
        if (random.Next(2) == 0)
        {
            return;
        }

        generate.Temperature = 0.1f + random.NextSingle();
        generate.TopP = 0.5f + 0.5f * random.NextSingle();
        generate.TopK = (uint)random.Next(0, 50);
        generate.MinP = random.Next(2) * 0.05f;
        generate.RepetitionPenalty = random.Next(2) == 0 ? 0 : 1.2f;
        generate.FrequencyPenalty = random.Next(2) * 0.5f;
        generate.Logprobs = random.Next(4) == 0;
        if (random.Next(4) == 0)
        {
            generate.Stop.Add("zq");
        }
    }
}
