using Ncn.Inference.Repository;
using Ncn.Tests.Models;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Inference.Tests.Repository;

/// <summary>The smallest whole number divided by -1 ends the process, and a request may bring both.</summary>
public sealed class WholeDivisionTests : IDisposable
{
    private readonly RepositoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, OnnxGraph> Refused => new()
    {
        { "y", OddModels.WholeDivision("Div", DataType.Int64) },
        { "y", OddModels.WholeDivision("Div", DataType.Int32) },
        { "y", OddModels.WholeDivision("Mod", DataType.Int64) },
        { "quotient", Of(DataType.Float, graph => graph.Add("Cast", ["b"], "whole", NodeOption.Of("to", (long)DataType.Int32)), "whole") },
        { "quotient", Of(DataType.Int64, graph => graph.Add("Mul", ["b", "three"], "derived"), "derived") },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Dividing_whole_numbers_by_what_a_request_chooses_is_refused(string node, OnnxGraph graph)
    {
        Write(graph);
        await using ModelRepository repository = _folder.Load();
        Assert.Empty(repository.Models);
        ModelFailure failure = Assert.Single(repository.Failures);
        Assert.Contains($"'{node}' divides whole numbers", failure.Problem, StringComparison.Ordinal);
    }

    public static TheoryData<OnnxGraph> Taken => new()
    {
        OddModels.WholeDivision("Div", DataType.Float),
        Of(DataType.Int64, _ => { }, "three"),
        Of(DataType.Int64, graph => graph.Add("Shape", ["b"], "size"), "size"),
        Of(DataType.Int64, graph => graph.Add("Mul", ["three", "three"], "nine"), "nine"),
        Of(DataType.Float, graph => graph.Add("Cast", ["three"], "broad", NodeOption.Of("to", (long)DataType.Float)), "b"),
    };

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task Other_divisions_are_taken(OnnxGraph graph)
    {
        Write(graph);
        await using ModelRepository repository = _folder.Load();
        Assert.Empty(repository.Failures);
    }

    /// <summary>"b" [batch] of a type divided into itself, or into 3, by a value that is added to the graph.</summary>
    private static OnnxGraph Of(DataType type, Action<OnnxGraph> add, string divisor)
    {
        var graph = new OnnxGraph("division");
        graph.Input("b", type, "batch");
        graph.Weight("three", [3L], 1);
        add(graph);
        bool isFloat = divisor == "b" && type == DataType.Float;
        graph.Add("Div", [divisor == "whole" ? "whole" : isFloat ? "b" : "three", divisor], "quotient");
        DataType result = isFloat ? DataType.Float : divisor == "whole" ? DataType.Int32 : DataType.Int64;
        graph.Add("Cast", ["quotient"], "broad quotient", NodeOption.Of("to", (long)result));
        graph.Output("broad quotient", result, "size of y");
        return graph;
    }

    private void Write(OnnxGraph graph)
    {
        string folder = Directory.CreateDirectory(_folder.PathOf("division")).FullName;
        graph.Save(Path.Combine(folder, "model.onnx"));
        RepositoryFolder.WriteManifest(folder);
    }
}
