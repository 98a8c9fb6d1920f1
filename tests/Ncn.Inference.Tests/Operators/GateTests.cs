using System.Runtime.Intrinsics;
using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Operators;
using Ncn.Tests.Models;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Inference.Tests.Operators;

/// <summary>The gate of an MLP in one pass, and the exponential that it and attention are made with.</summary>
public sealed class GateTests
{
    [Theory]
    [InlineData(1, 1, 16, true)]
    [InlineData(2, 3, 37, true)]
    [InlineData(1, 1, 5, false)]
    [InlineData(4, 8, 1344, true)]
    [InlineData(4, 8, 1344, false)]
    public void It_is_x_times_its_sigmoid_times_y(int rows, int tokens, int width, bool isPacked)
    {
        var random = new Random(width);
        float[] both = [.. Enumerable.Range(0, rows * tokens * width * 2).Select(_ => (random.NextSingle() - 0.5f) * 40)];
        (both[0], both[^1]) = (-300, 1);
        (float[] gate, float[] up) = isPacked
            ? ([.. both.Chunk(2 * width).SelectMany(row => row[..width])], [.. both.Chunk(2 * width).SelectMany(row => row[width..])])
            : (both[..(both.Length / 2)], both[(both.Length / 2)..]);
        using InferenceSession session = Open(isPacked);
        float[] found = isPacked ? Run(session, (both, [rows, tokens, 2 * width])) : Run(session, (gate, [rows, tokens, width]), (up, [rows, tokens, width]));
        Assert.Equal(gate.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            double expected = gate[i] / (1 + Math.Exp(-(double)gate[i])) * up[i];
            Assert.True(Math.Abs(expected - found[i]) <= 1e-6 * Math.Max(1e-3, Math.Abs(expected)), $"number {i} is {found[i]}, and {expected} was expected");
        }
    }

    [Fact]
    public void Two_shapes_or_an_odd_width_are_an_error()
    {
        using InferenceSession two = Open(isPacked: false);
        Assert.Throws<OnnxRuntimeException>(() => Run(two, (new float[6], [1, 2, 3]), (new float[3], [1, 1, 3])));
        using InferenceSession one = Open(isPacked: true);
        Assert.Contains("odd width", Assert.Throws<OnnxRuntimeException>(() => Run(one, (new float[6], [1, 2, 3]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exponential_is_right_to_two_units_in_the_last_place()
    {
        for (float x = 0; x > -87; x -= 0.0137f)
        {
            double expected = Math.Exp(x);
            float found = VectorMath.Exponential(Vector512.Create(x)).ToScalar();
            double unit = MathF.BitIncrement((float)expected) - (double)(float)expected;
            Assert.True(Math.Abs(found - expected) <= 2 * unit, $"e^{x} is {found}, and {expected} was expected");
        }

        Assert.Equal(1, VectorMath.Exponential(Vector512<float>.Zero).ToScalar());
        Assert.Equal(0, VectorMath.Exponential(Vector512.Create(-88f)).ToScalar());
        Assert.Equal(0, VectorMath.Exponential(Vector512.Create(float.NegativeInfinity)).ToScalar());
    }

    private static InferenceSession Open(bool isPacked)
    {
        var graph = new OnnxGraph("gate");
        string[] inputs = isPacked ? ["input.0"] : ["input.0", "input.1"];
        foreach (string name in inputs)
        {
            graph.Input(name, DataType.Float, name + ".rows", name + ".tokens", name + ".width");
        }

        graph.Output("gated", DataType.Float, "rows", "tokens", "width");
        graph.Add(OwnOperators.Gate, OwnOperators.Domain, inputs, ["gated"]);
        graph.Import(OwnOperators.Domain);
        using var options = new SessionOptions { IntraOpNumThreads = 2, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        OwnOperators.AddTo(options);
        return new InferenceSession(graph.ToBytes(), options);
    }

    private static float[] Run(InferenceSession session, params (float[] Numbers, long[] Shape)[] inputs)
    {
        OrtValue[] values = [.. inputs.Select(input => OrtValue.CreateTensorValueFromMemory(input.Numbers, input.Shape))];
        using var options = new RunOptions();
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, [.. values.Select((_, i) => $"input.{i}")], values, ["gated"]);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            Array.ForEach(values, value => value.Dispose());
        }
    }
}
