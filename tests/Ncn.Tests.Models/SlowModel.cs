using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Tests.Models;

/// <summary>
/// "x" [batch, width] to "y" of the same shape, each row by itself, through many small steps between which a run can be broken off.
/// What a row costs grows with the cube of its width: nothing at 4, the better part of a minute at <see cref="BusyWidth"/>.
/// </summary>
public static class SlowModel
{
    /// <summary>A width at which a run lasts until it is broken off.</summary>
    public const int BusyWidth = 1500;

    private const int Steps = 256;

    public static OnnxGraph Graph()
    {
        var graph = new OnnxGraph("slow");
        graph.Input("x", DataType.Float, "batch", "width");
        graph.Weight("one", [1L], 1);
        graph.Weight("two", [2L], 1);
        graph.Add("Unsqueeze", ["x", "two"], "column");
        graph.Add("Unsqueeze", ["x", "one"], "row");
        graph.Add("MatMul", ["column", "row"], "square.0");
        for (int step = 0; step < Steps; step++)
        {
            graph.Add("MatMul", [$"square.{step}", $"square.{step}"], $"product.{step}");
            graph.Add("Softmax", [$"product.{step}"], $"square.{step + 1}", NodeOption.Of("axis", -1));
        }

        graph.Add("ReduceSum", [$"square.{Steps}", "one"], "sums", NodeOption.Of("keepdims", 0));
        graph.Add("Add", ["sums", "x"], "y");
        graph.Output("y", DataType.Float, "batch", "width");
        return graph;
    }
}
