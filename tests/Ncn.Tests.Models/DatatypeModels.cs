using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Tests.Models;

/// <summary>Graphs of one node for each element type: what goes in comes out.</summary>
public static class DatatypeModels
{
    /// <summary>Every type that the Open Inference Protocol and ONNX Runtime on the CPU both carry.</summary>
    public static IReadOnlyList<DataType> All { get; } =
    [
        DataType.Bool, DataType.Uint8, DataType.Uint16, DataType.Uint32, DataType.Uint64, DataType.Int8, DataType.Int16,
        DataType.Int32, DataType.Int64, DataType.Float16, DataType.Float, DataType.Double, DataType.String, DataType.Bfloat16,
    ];

    /// <summary>"x" [batch, width] to "y" of the same shape.</summary>
    public static OnnxGraph Identity(DataType type)
    {
        var graph = new OnnxGraph("identity");
        graph.Input("x", type, "batch", "width");
        graph.Add("Identity", ["x"], "y");
        graph.Output("y", type, "batch", "width");
        return graph;
    }

    /// <summary>"a" and "b" [batch, …] side by side: "y" [batch, …]. The inputs must agree in their rows.</summary>
    public static OnnxGraph Concat(DataType type)
    {
        var graph = new OnnxGraph("concat");
        graph.Input("a", type, "batch", "width_a");
        graph.Input("b", type, "batch", "width_b");
        graph.Add("Concat", ["a", "b"], "y", NodeOption.Of("axis", 1));
        graph.Output("y", type, "batch", "width_y");
        return graph;
    }

    /// <summary>"x" [batch, width], all rows added up: "y" [1, width]. Rows of different requests must not meet in it.</summary>
    public static OnnxGraph SumOfRows()
    {
        var graph = new OnnxGraph("sum of rows");
        graph.Input("x", DataType.Float, "batch", "width");
        graph.Weight("axes", [0L], 1);
        graph.Add("ReduceSum", ["x", "axes"], "y", NodeOption.Of("keepdims", 1));
        graph.Output("y", DataType.Float, 1, "width");
        return graph;
    }

    /// <summary>"x" of any float shape without a batch, even a scalar's: "y" = -x.</summary>
    public static OnnxGraph Fixed(params OnnxSize[] shape)
    {
        var graph = new OnnxGraph("negative");
        graph.Input("x", DataType.Float, shape);
        graph.Add("Neg", ["x"], "y");
        graph.Output("y", DataType.Float, shape);
        return graph;
    }
}
