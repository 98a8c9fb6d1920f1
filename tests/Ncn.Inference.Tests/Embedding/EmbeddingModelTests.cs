using System.Text.Json.Nodes;
using Ncn.Inference.Embedding;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Tests.Models;

namespace Ncn.Inference.Tests.Embedding;

public sealed class EmbeddingModelTests : IDisposable
{
    /// <summary>Another number of rows may change the order in which a kernel adds: the last bits of a vector whose length is 1.</summary>
    private const float Rounding = 1e-5f;

    private static readonly string[] Texts = ["a", "hello world", "the quick brown fox jumps over the lazy dog", "zażółć gęślą jaźń 🐢"];

    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    [Theory]
    [InlineData(EmbeddingPooling.Mean)]
    [InlineData(EmbeddingPooling.Last)]
    [InlineData(EmbeddingPooling.None)]
    public async Task A_vector_does_not_depend_on_its_neighbours(EmbeddingPooling pooling)
    {
        await using EmbeddingModel model = Load(new EmbeddingShape { Pooling = pooling });
        float[][] together = Rows(await Embed(model, Texts));
        for (int i = 0; i < Texts.Length; i++)
        {
            float[] alone = (await Embed(model, Texts[i])).Vectors;
            Assert.Equal(16, alone.Length);
            AssertNear(alone, together[i]);
            Assert.Equal(1, Math.Sqrt(alone.Sum(value => (double)value * value)), 1e-5);
        }

        Assert.True(Distance(together[0], together[1]) > 0.01, "different texts have the same vector");
    }

    [Fact]
    public async Task Requests_of_many_callers_get_the_vectors_that_they_get_alone()
    {
        await using EmbeddingModel model = Load(new EmbeddingShape());
        EmbeddingAnswer[] alone = new EmbeddingAnswer[24];
        for (int i = 0; i < alone.Length; i++)
        {
            alone[i] = await Embed(model, Text(i));
        }

        EmbeddingAnswer[] merged = await Task.WhenAll(Enumerable.Range(0, alone.Length).Select(i => Task.Run(() => Embed(model, Text(i)))));
        Assert.All(alone.Zip(merged), pair => AssertNear(pair.First.Vectors, pair.Second.Vectors));
    }

    [Fact]
    public async Task Mean_pooling_in_our_code_equals_the_model_s_own()
    {
        await using EmbeddingModel ours = Load(new EmbeddingShape { Pooling = EmbeddingPooling.Mean });
        await using EmbeddingModel own = Load(new EmbeddingShape { Pooling = EmbeddingPooling.None });
        AssertNear((await Embed(own, Texts)).Vectors, (await Embed(ours, Texts)).Vectors);
    }

    [Fact]
    public async Task Fewer_dimensions_are_the_first_ones_at_length_one()
    {
        await using EmbeddingModel model = Load(new EmbeddingShape());
        float[] all = (await Embed(model, Texts[1])).Vectors;
        EmbeddingAnswer four = await model.RunAsync(model.Prepare([Texts[1]], 4), default);
        double length = Math.Sqrt(all.Take(4).Sum(value => (double)value * value));
        Assert.Equal(4, four.Width);
        AssertNear([.. all.Take(4).Select(value => (float)(value / length))], four.Vectors);
    }

    [Fact]
    public async Task Tokens_are_counted_without_padding()
    {
        await using EmbeddingModel model = Load(new EmbeddingShape());
        EmbeddingInput input = model.Prepare(["a", "abc"], 0);
        Assert.Single(input.Tokens[0]);
        EmbeddingAnswer answer = await model.RunAsync(input, default);
        Assert.Equal(input.Tokens.Select(tokens => tokens.Length), answer.PromptTokens);
        Assert.Equal(input.PromptTokens, answer.PromptTokens.Sum());

        IReadOnlyList<TensorValue> tensors = answer.ToTensors();
        Assert.Equal(["embedding", "prompt_tokens"], tensors.Select(tensor => tensor.Name));
        Assert.Equal([2L, 16L], tensors[0].Shape);
        Assert.Equal(2 * 16 * 4, tensors[0].Data.Length);
        Assert.Equal(answer.PromptTokens[1], BitConverter.ToInt32(tensors[1].Data.Span[4..]));
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_in_words()
    {
        await using EmbeddingModel model = Load(new EmbeddingShape { Context = 32, MaxBatch = 2 });
        Refused("0 texts", InferenceFault.InvalidRequest, []);
        Refused("takes 1 to 2", InferenceFault.InvalidRequest, ["a", "b", "c"]);
        Refused("a text is empty", InferenceFault.InvalidRequest, [""]);
        Refused("NUL", InferenceFault.InvalidRequest, ["a\0b"]);
        Refused("at most 65536", InferenceFault.InvalidRequest, [new string('x', 65537)]);
        Refused("dimensions is 17", InferenceFault.InvalidRequest, ["a"], 17);
        Refused("reads 32", InferenceFault.ContextTooLong, [string.Concat(Enumerable.Repeat("xyzzy ", 40))]);

        void Refused(string words, InferenceFault fault, string[] texts, int dimensions = 0)
        {
            InferenceException refusal = Assert.Throws<InferenceException>(() => model.Prepare(texts, dimensions));
            Assert.Equal(fault, refusal.Fault);
            Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_text_may_fill_the_context()
    {
        await using EmbeddingModel model = Load(new EmbeddingShape { Context = 40 });
        string text = string.Concat(Enumerable.Repeat("xq", 64));
        while (true)
        {
            try
            {
                Assert.InRange(model.Prepare([text], 0).PromptTokens, 33, 40);
                break;
            }
            catch (InferenceException)
            {
                text = text[..^1];
            }
        }

        Assert.Equal(16, (await Embed(model, text)).Vectors.Length);
    }

    [Fact]
    public void A_folder_that_is_no_embedding_model_is_refused_in_words()
    {
        Assert.Contains("pooling and width", Problem(new EmbeddingShape { Pooling = EmbeddingPooling.Mean }, _ => { }, "none"), StringComparison.Ordinal);
        Assert.Contains("tokenizer", Problem(new EmbeddingShape(), folder => File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{")), StringComparison.Ordinal);
        Assert.Contains("cannot load", Problem(new EmbeddingShape(), folder => File.WriteAllText(Path.Combine(folder, "model.onnx"), "x")), StringComparison.Ordinal);
        Assert.Contains("input_ids", Problem(new EmbeddingShape(), folder => MlpModel.Graph([4, 4]).Save(Path.Combine(folder, "model.onnx"))), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static string Text(int i) => $"request {i} says {new string((char)('a' + (i % 26)), i)}";

    private static Task<EmbeddingAnswer> Embed(EmbeddingModel model, params string[] texts) => model.RunAsync(model.Prepare(texts, 0), default);

    private static float[][] Rows(EmbeddingAnswer answer) => [.. answer.Vectors.Chunk(answer.Width)];

    private static double Distance(float[] left, float[] right) => Math.Sqrt(left.Zip(right).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Rounding));
    }

    private EmbeddingModel Load(EmbeddingShape shape)
    {
        string folder = EmbeddingFolder.Write(Directory.CreateDirectory(Path.Combine(_root, Guid.NewGuid().ToString("N"))).FullName, shape);
        return Open(folder);
    }

    private static EmbeddingModel Open(string folder) => new(
        folder, Path.Combine(folder, "model.onnx"), ModelManifest.Read(folder), new InferenceOptions { Slots = 2 });

    private string Problem(EmbeddingShape shape, Action<string> damage, string pooling = "mean")
    {
        var members = new JsonObject { ["embedding"] = new JsonObject { ["pooling"] = pooling, ["normalize"] = true, ["width"] = shape.Width } };
        string folder = EmbeddingFolder.Write(Directory.CreateDirectory(Path.Combine(_root, Guid.NewGuid().ToString("N"))).FullName, shape, members: members);
        damage(folder);
        return Assert.Throws<InvalidDataException>(() => Open(folder)).Message;
    }
}
