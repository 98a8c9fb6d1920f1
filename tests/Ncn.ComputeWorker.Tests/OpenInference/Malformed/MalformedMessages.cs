using Google.Protobuf;
using Inference;

namespace Ncn.ComputeWorker.Tests.OpenInference.Malformed;

/// <summary>Messages of ModelInfer that are wrong, as bytes.</summary>
internal static class MalformedMessages
{
    private static readonly Func<Random, ModelInferRequest>[] Messages =
    [
        random => Request(request => request.RawInputContents.Add(ByteString.Empty)),
        random => Request(request => request.RawInputContents.Clear()),
        random => Request(request => request.RawInputContents[0] = ByteString.CopyFrom(new byte[random.Next(2) == 0 ? random.Next(16) : random.Next(17, 5000)])),
        random => Request(request => request.Inputs[0].Shape[random.Next(2)] = Dimension(random)),
        random => Request(request => request.Inputs[0].Shape.Add(Enumerable.Repeat(1L, random.Next(1, 5000)))),
        random => Request(request => request.Inputs[0].Shape.Clear()),
        random => Request(request => request.Inputs[0].Datatype = MalformedJson.Pick(random, "FP31", "", "fp32", "INT32", "BYTES", "BOOL", MalformedJson.Letters(random, 2000))),
        random => Request(request => request.Inputs[0].Name = MalformedJson.Pick(random, "", "x", "input ", MalformedJson.Letters(random, 100_000))),
        random => Request(request => request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3, 4 } }),
        random => Request(request => request.Inputs.Add(Enumerable.Repeat(request.Inputs[0], random.Next(1, 200)))),
        random => Request(request => request.Inputs.Clear()),
        random => Request(request => request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = MalformedJson.Letters(random, random.Next(1, 1000)) })),
        random => Request(request => request.Outputs.Add(Enumerable.Repeat(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "output" }, random.Next(65, 300)))),
        random => Request(request => request.ModelName = MalformedJson.Pick(random, "", "none", "../mlp", "mlp/1", MalformedJson.Letters(random, 50_000))),
        random => Request(request => request.ModelVersion = MalformedJson.Pick(random, "9", "latest", "-1", MalformedJson.Letters(random, 50_000))),
        random => Request(request => request.Id = MalformedJson.Letters(random, random.Next(1100, 5000))),
        random => Typed(random),
        random => Words(random),
    ];

    /// <summary>The next wrong message, and in words what is wrong with it.</summary>
    public static (string What, byte[] Bytes) Next(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                var noise = new byte[random.Next(1, 300)];
                random.NextBytes(noise);
                return ("noise", noise);
            case 1:
                byte[] whole = Request(static _ => { }).ToByteArray();
                return ("truncated", whole[..random.Next(1, whole.Length)]);
            default:
                int kind = random.Next(Messages.Length);
                return ($"kind {kind}", Messages[kind](random).ToByteArray());
        }
    }

    /// <summary>A right request, spoiled.</summary>
    private static ModelInferRequest Request(Action<ModelInferRequest> spoil)
    {
        var request = new ModelInferRequest
        {
            ModelName = "mlp",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = "FP32", Shape = { 1, 4 } } },
            RawInputContents = { ByteString.CopyFrom(new byte[16]) },
        };
        spoil(request);
        return request;
    }

    private static ModelInferRequest Typed(Random random)
    {
        InferTensorContents[] wrong =
        [
            new() { Fp32Contents = { 1, 2, 3 } }, new() { Fp32Contents = { new float[random.Next(5, 5000)] } }, new() { IntContents = { 1, 2, 3, 4 } },
            new() { Fp64Contents = { 1, 2, 3, 4 } }, new() { BytesContents = { ByteString.Empty } }, new(),
        ];
        return Request(request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Contents = wrong[random.Next(wrong.Length)];
        });
    }

    /// <summary>Prompts whose bytes or parameters are wrong.</summary>
    private static ModelInferRequest Words(Random random)
    {
        ByteString[] prompts = [ByteString.CopyFrom(0xFF, 0xFF, 0xFF, 0x7F, 1), ByteString.CopyFrom(1, 0), ByteString.CopyFrom(1, 0, 0, 0, 0xFF), ByteString.Empty];
        bool isPromptWrong = random.Next(2) == 0;
        var request = new ModelInferRequest
        {
            ModelName = "words",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "text_input", Datatype = "BYTES", Shape = { 1 } } },
            RawInputContents = { isPromptWrong ? prompts[random.Next(prompts.Length)] : ByteString.CopyFrom(1, 0, 0, 0, (byte)'a') },
            Parameters = { ["max_tokens"] = new InferParameter { Int64Param = 1 } },
        };
        (string Name, InferParameter Value)[] wrong =
        [
            ("max_tokens", new InferParameter { Int64Param = 0 }), ("max_tokens", new InferParameter { Int64Param = -1 }), ("max_tokens", new InferParameter { Int64Param = long.MaxValue }),
            ("max_tokens", new InferParameter { StringParam = "1" }), ("temperature", new InferParameter { DoubleParam = double.NaN }), ("temperature", new InferParameter { DoubleParam = 1e300 }),
            ("temperature", new InferParameter { DoubleParam = -1 }), ("top_p", new InferParameter { DoubleParam = 1.5 }), ("top_p", new InferParameter { BoolParam = true }),
            ("stop", new InferParameter { StringParam = "" }), ("stop", new InferParameter { StringParam = MalformedJson.Letters(random, 2000) }), ("stop", new InferParameter { Int64Param = 1 }),
            ("seed", new InferParameter { Int64Param = -1 }), ("seed", new InferParameter()), ("top_k", new InferParameter { DoubleParam = 1.5 }),
        ];
        if (!isPromptWrong)
        {
            (string name, InferParameter value) = wrong[random.Next(wrong.Length)];
            request.Parameters[name] = value;
        }

        return request;
    }

    private static long Dimension(Random random)
    {
        long[] wrong = [-1, 0, long.MinValue, long.MaxValue, int.MaxValue, 1L << 32, random.Next(5, 100_000)];
        return wrong[random.Next(wrong.Length)];
    }
}
