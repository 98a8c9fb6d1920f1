using System.Text.Json.Nodes;
using Ncn.Tests.Models;

namespace Ncn.Benchmarks.Tensors;

/// <summary>A dense network that is served twice: with batching and without.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Widths">Sizes of its layers.</param>
internal sealed record TensorNetwork(string Name, int[] Widths)
{
    public string Batched => Name + "-batched";

    public string Single => Name + "-single";

    public string File(string root) => Path.Combine(root, Batched, "1", "model.onnx");

    public void Write(string root, int maxRows)
    {
        Write(root, Batched, maxRows);
        Write(root, Single, maxRows: 1);
    }

    private void Write(string root, string name, int maxRows) =>
        ModelFolder.WriteTensor(root, name, MlpModel.Graph(Widths), new JsonObject { ["batching"] = new JsonObject { ["maxRows"] = maxRows } });
}
