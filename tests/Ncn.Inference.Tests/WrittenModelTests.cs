using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Protocol;
using Ncn.Tests.Models;

namespace Ncn.Inference.Tests;

/// <summary>The models that tests and benchmarks write load and answer, each in its own way.</summary>
public sealed class WrittenModelTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ncn-models-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Fact]
    public async Task A_written_decoder_gives_varied_answers()
    {
        DecoderFolder.Write(_root, DecoderShape.Tiny);
        await using ModelRepository repository = ModelRepository.Load(_root, new InferenceOptions(), []);
        Assert.Empty(repository.Failures);
        var decoder = Assert.IsType<LoadedDecoder>(Assert.Single(repository.Models)).Engine;
        int[] first = await Answer(decoder, "the first prompt");
        int[] second = await Answer(decoder, "another prompt");
        Assert.Equal(48, first.Length);
        Assert.NotEqual(first, second);
        Assert.True(first.Distinct().Count() > 16, $"the answer repeats itself: {string.Join(' ', first)}");
        Assert.Equal("sehr schön", decoder.Decode(decoder.Encode("sehr schön")));
    }

    [Fact]
    public async Task A_written_network_is_a_tensor_model()
    {
        ModelFolder.WriteTensor(_root, "mlp", MlpModel.Graph([8, 16, 4]));
        await using ModelRepository repository = ModelRepository.Load(_root, new InferenceOptions(), []);
        TensorModel model = Assert.IsType<LoadedTensorModel>(Assert.Single(repository.Models)).Engine;
        var input = new TensorValue("input", TensorDatatype.FP32, [3, 8], Enumerable.Range(0, 96).Select(i => (byte)(i % 4 == 3 ? 63 : i)).ToArray());
        TensorValue output = Assert.Single(await model.RunAsync([input], [], CancellationToken.None));
        Assert.Equal([3, 4], output.Shape);
        Assert.True(output.Data.Span.ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(EmbeddingPooling.Mean)]
    [InlineData(EmbeddingPooling.Last)]
    [InlineData(EmbeddingPooling.None)]
    public void A_written_embedding_model_ignores_padding(EmbeddingPooling pooling)
    {
        var shape = new EmbeddingShape { Pooling = pooling };
        using var session = new InferenceSession(EmbeddingFolder.Graph(shape).ToBytes());
        float[] alone = Embed(session, [5, 6, 7], [1, 1, 1]);
        float[] padded = Embed(session, [5, 6, 7, 9], [1, 1, 1, 0]);
        int compared = pooling == EmbeddingPooling.None ? shape.Width : 3 * shape.Width;
        Assert.All(Enumerable.Range(0, compared), i => Assert.Equal(alone[i], padded[i], 1e-5f));
        Assert.All(alone, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void A_written_embedding_model_has_a_tokenizer()
    {
        using var model = new Microsoft.ML.OnnxRuntimeGenAI.Model(EmbeddingFolder.Write(_root, new EmbeddingShape()));
        using var tokenizer = new Microsoft.ML.OnnxRuntimeGenAI.Tokenizer(model);
        using Microsoft.ML.OnnxRuntimeGenAI.Sequences tokens = tokenizer.Encode("two words");
        Assert.Equal("two words", tokenizer.Decode(tokens[0]));
    }

    [Fact]
    public void Every_datatype_has_a_model_that_loads()
    {
        foreach (var type in DatatypeModels.All)
        {
            using var identity = new InferenceSession(DatatypeModels.Identity(type).ToBytes());
            Assert.Equal((int)type, (int)identity.InputMetadata["x"].ElementDataType);
            using var concat = new InferenceSession(DatatypeModels.Concat(type).ToBytes());
            Assert.Equal(2, concat.InputNames.Count);
        }
    }

    private static async Task<int[]> Answer(DecoderModel decoder, string prompt)
    {
        var request = new GenerationRequest { Prompt = decoder.Encode(prompt), MaxTokens = 48, Sampling = new SamplingOptions { Temperature = 0 } };
        var tokens = new List<int>();
        await foreach (GenerationEvent next in decoder.GenerateAsync(request, CancellationToken.None))
        {
            if (next is GenerationEvent.Token token)
            {
                tokens.Add(token.TokenId);
            }
        }

        return [.. tokens];
    }

    private static float[] Embed(InferenceSession session, long[] ids, long[] mask)
    {
        using OrtValue idValue = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
        using OrtValue maskValue = OrtValue.CreateTensorValueFromMemory(mask, [1, mask.Length]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["input_ids", "attention_mask"], [idValue, maskValue], session.OutputNames);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
