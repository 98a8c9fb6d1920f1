using System.Runtime.InteropServices;
using Ncn.Inference.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Tests.Tensors;

[Collection(ShippedModelsGroup.Name)]
public sealed class TensorModelTests(ShippedModels models)
{
    private TensorModel Model => models.Digits.Engine;

    [Fact]
    public async Task It_names_the_held_out_digits()
    {
        string[] files = [.. Directory.GetFiles(Path.Combine(ShippedModels.Root, "digits", "1", "samples"), "*.png").Order(StringComparer.Ordinal)];
        float[] pixels = [.. files.SelectMany(GreyPng.Read).Select(grey => MathF.Round(grey * 16 / 255f) / 16)];

        var outputs = await Model.RunAsync([Image(pixels, files.Length)], [], default);

        TensorValue probabilities = Assert.Single(outputs);
        Assert.Equal([files.Length, 10], probabilities.Shape);
        int[] answers = [.. MemoryMarshal.Cast<byte, float>(probabilities.Data.Span).ToArray().Chunk(10).Select(row => Array.IndexOf(row, row.Max()))];
        int right = answers.Zip(files).Count(pair => pair.Second.EndsWith($"-{pair.First}.png", StringComparison.Ordinal));
        Assert.InRange(right, files.Length * 95 / 100, files.Length);
    }

    [Fact]
    public async Task A_row_gets_the_same_answer_alone_and_in_a_batch()
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * 64).Select(i => i % 17 / 16f)];
        var batch = await Model.RunAsync([Image(pixels, 3)], [], default);
        var alone = await Model.RunAsync([Image(pixels[64..128], 1)], [], default);
        var row = MemoryMarshal.Cast<byte, float>(batch[0].Data.Span)[10..20].ToArray();
        var single = MemoryMarshal.Cast<byte, float>(alone[0].Data.Span).ToArray();
        Assert.All(row.Zip(single), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public async Task A_request_that_does_not_fit_is_refused_with_the_reason()
    {
        var wrong = new TensorValue("image", TensorDatatype.FP32, [1, 1, 8, 7], new byte[4 * 56]);
        InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => Model.RunAsync([wrong], [], default));
        Assert.Equal(InferenceFault.InvalidRequest, refusal.Fault);
        Assert.Contains("[1,1,8,7]", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outputs_come_as_they_are_asked_for()
    {
        await Assert.ThrowsAsync<InferenceException>(() => Model.RunAsync([Image(new float[64], 1)], ["nope"], default));
        Assert.Single(await Model.RunAsync([Image(new float[64], 1)], [Model.Signature.Outputs[0].Name], default));
    }

    private static TensorValue Image(float[] pixels, int rows) =>
        new("image", TensorDatatype.FP32, [rows, 1, 8, 8], MemoryMarshal.AsBytes<float>(pixels).ToArray());
}
