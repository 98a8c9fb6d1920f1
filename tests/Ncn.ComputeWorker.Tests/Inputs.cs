using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol.Grpc;
using ModelInferRequest = Inference.ModelInferRequest;

namespace Ncn.ComputeWorker.Tests;

/// <summary>Inputs of jobs, serialised as a gateway sends them.</summary>
internal static class Inputs
{
    private const int EndOfText = 1020;
    private const int EndOfTurn = 1022;

    /// <summary>A question whose answer is long.</summary>
    public static byte[] Chat(uint maxTokens = 40, float temperature = 0, params int[] committed)
    {
        var generate = new GenerateInput
        {
            MessagesJson = JsonSerializer.Serialize(new[] { new { role = "user", content = "Count from 1 to 60" } }), MaxTokens = maxTokens, Temperature = temperature,
        };
        generate.CommittedTokens.AddRange(committed);
        return new Input { Generate = generate }.ToByteArray();
    }

    /// <summary>
    /// The same with an answer of exactly so many tokens, none of which ends it. Its log-probabilities make 900 of them more than a
    /// connection buffers: who does not read holds the job, and it cannot have ended by itself.
    /// </summary>
    public static byte[] Long(uint tokens = 900, params int[] committed)
    {
        Input input = Input.Parser.ParseFrom(Chat(tokens, 1.5f, committed));
        input.Generate.Logprobs = true;
        input.Generate.TopLogprobs = 20;
        input.Generate.LogitBias.Add(EndOfText, -100);
        input.Generate.LogitBias.Add(EndOfTurn, -100);
        return input.ToByteArray();
    }

    /// <summary>Blank images.</summary>
    public static byte[] Digits(int rows, params long[] rowShape)
    {
        long[] shape = rowShape.Length > 0 ? rowShape : [1, 8, 8];
        var request = new ModelInferRequest { ModelName = "digits", Id = "digits-1" };
        var tensor = new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "FP32" };
        tensor.Shape.AddRange([rows, .. shape]);
        request.Inputs.Add(tensor);
        var pixels = new float[rows * shape.Aggregate(1L, (product, size) => product * size)];
        request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(pixels)));
        return new Input { Tensors = request.ToByteString() }.ToByteArray();
    }
}
