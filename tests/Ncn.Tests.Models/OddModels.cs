using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Tests.Models;

/// <summary>Tensor models that are harder to serve than they look.</summary>
public static class OddModels
{
    /// <summary>"id" [batch] to "vector" [batch, 2], a row of a table: ids from <paramref name="rows"/> on make it fail.</summary>
    public static OnnxGraph Lookup(int rows)
    {
        var graph = new OnnxGraph("lookup");
        graph.Input("id", DataType.Int64, "batch");
        graph.Weight("table", [.. Enumerable.Range(0, 2 * rows).Select(i => (float)i)], rows, 2);
        graph.Add("Gather", ["table", "id"], "vector", NodeOption.Of("axis", 0));
        graph.Output("vector", DataType.Float, "batch", 2);
        return graph;
    }

    /// <summary>"x" [batch, 2] to "y" = x less the mean of the batch: its shapes promise independent rows, and they are not.</summary>
    public static OnnxGraph CentredOnBatch()
    {
        var graph = new OnnxGraph("centred");
        graph.Input("x", DataType.Float, "batch", 2);
        graph.Add("ReduceMean", ["x"], "mean", NodeOption.Of("axes", [0L]), NodeOption.Of("keepdims", 1));
        graph.Add("Sub", ["x", "mean"], "y");
        graph.Output("y", DataType.Float, "batch", 2);
        return graph;
    }

    /// <summary>"x" [rows, columns] to its transpose "y", which claims to be [rows, columns] too.</summary>
    public static OnnxGraph Mislabelled()
    {
        var graph = new OnnxGraph("mislabelled");
        graph.Input("x", DataType.Float, "rows", "columns");
        graph.Add("Transpose", ["x"], "y", NodeOption.Of("perm", 1L, 0L));
        graph.Output("y", DataType.Float, "rows", "columns");
        return graph;
    }

    /// <summary>"size" [1] to "y": so many floats. A few bytes in, as many out as the caller likes.</summary>
    public static OnnxGraph Inflated()
    {
        var graph = new OnnxGraph("inflated");
        graph.Input("size", DataType.Int64, 1);
        graph.Add("ConstantOfShape", ["size"], "y");
        graph.Output("y", DataType.Float, "count");
        return graph;
    }

    /// <summary>"x" [batch, 2] to the places of its non-zero elements, "at" [2, count], and their number, "count", a scalar.</summary>
    public static OnnxGraph NonZero()
    {
        var graph = new OnnxGraph("non-zero");
        graph.Input("x", DataType.Float, "batch", 2);
        graph.Weight("one", [1L], 1);
        graph.Add("NonZero", ["x"], "at");
        graph.Add("Shape", ["at"], "shape");
        graph.Add("Gather", ["shape", "one"], "last", NodeOption.Of("axis", 0));
        graph.Add("Squeeze", ["last"], "count");
        graph.Output("at", DataType.Int64, 2, "count");
        graph.Output("count", DataType.Int64);
        return graph;
    }

    /// <summary>"a" and "b" [batch] to "y" = a / b, or the remainder: in whole numbers the smallest one and -1 end the process.</summary>
    public static OnnxGraph WholeDivision(string op, DataType type)
    {
        var graph = new OnnxGraph("division");
        graph.Input("a", type, "batch");
        graph.Input("b", type, "batch");
        graph.Add(op, ["a", "b"], "y");
        graph.Output("y", type, "batch");
        return graph;
    }
}
