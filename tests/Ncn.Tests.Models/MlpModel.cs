using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Tests.Models;

/// <summary>A small network of dense layers with ReLU between them: "input" [batch, inputs] to "output" [batch, outputs].</summary>
public static class MlpModel
{
    /// <param name="widths">Sizes of the layers, input first; at least two.</param>
    /// <param name="seed">Chooses the weights.</param>
    public static OnnxGraph Graph(IReadOnlyList<int> widths, ulong seed = 1)
    {
        var graph = new OnnxGraph("mlp");
        var weights = new SeededWeights(seed);
        string value = graph.Input("input", DataType.Float, "batch", widths[0]);
        for (int layer = 0; layer + 1 < widths.Count; layer++)
        {
            bool last = layer + 2 == widths.Count;
            (int rows, int columns) = (widths[layer], widths[layer + 1]);
            string weight = graph.Weight($"weight.{layer}", weights.Matrix(rows, columns, Math.Sqrt(2)), rows, columns);
            string bias = graph.Weight($"bias.{layer}", weights.Uniform(columns, 0.1), columns);
            value = graph.Add("Gemm", [value, weight, bias], last ? "output" : $"dense.{layer}");
            value = last ? value : graph.Add("Relu", [value], $"hidden.{layer}");
        }

        graph.Output(value, DataType.Float, "batch", widths[^1]);
        return graph;
    }
}
