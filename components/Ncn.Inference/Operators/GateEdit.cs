using Ncn.Inference.Repository.Inspection;

namespace Ncn.Inference.Operators;

/// <summary>
/// Gives a graph <see cref="GateNode"/> in place of the operators that a gated MLP is exported as: Sigmoid, its product with its own input, the product of that with
/// the other half; and the Split before them, where there is one. ONNX Runtime writes and reads each of their results.
/// </summary>
internal static class GateEdit
{
    /// <summary>Makes the edit wherever these stand so, and nothing else reads what is between them; false when they do nowhere.</summary>
    public static bool Apply(GraphEdit edit)
    {
        ILookup<string, OnnxNode> readers = edit.Scope.Nodes.SelectMany(node => node.Inputs.Distinct().Select(name => (name, node))).ToLookup(pair => pair.name, pair => pair.node);
        Dictionary<string, OnnxNode> writers = [];
        foreach (OnnxNode node in edit.Scope.Nodes)
        {
            node.Outputs.ForEach(name => writers[name] = node);
        }

        bool any = false;
        foreach (OnnxNode sigmoid in edit.Scope.Nodes.Where(node => IsPlain(node, "Sigmoid")))
        {
            any |= Apply(edit, sigmoid, readers, writers);
        }

        return any;
    }

    private static bool Apply(GraphEdit edit, OnnxNode sigmoid, ILookup<string, OnnxNode> readers, Dictionary<string, OnnxNode> writers)
    {
        OnnxNode? Only(OnnxNode node) => node.Outputs is [var name] && !edit.Scope.Outputs.Contains(name) && readers[name].ToArray() is [var reader] && IsPlain(reader, "Mul") ? reader : null;
        if (sigmoid.Inputs is not [var gate] || Only(sigmoid) is not { } own || Other(own, sigmoid.Outputs[0]) != gate
            || Only(own) is not { } last || Other(last, own.Outputs[0]) is not { } up || up == gate || last.Outputs.Count != 1)
        {
            return false;
        }

        OnnxNode? split = writers.GetValueOrDefault(gate) is { } writer && IsHalving(writer, gate, up, edit.Scope)
            && readers[gate].All(reader => reader == sigmoid || reader == own) && readers[up].All(reader => reader == last) ? writer : null;
        OnnxNode[] gone = split is null ? [sigmoid, own] : [split, sigmoid, own];
        if (gone.Append(last).Any(edit.IsChanged) || !AreNumbers(edit.Scope, gate, up))
        {
            return false;
        }

        Array.ForEach(gone, edit.Remove);

        // NodeProto: input = 1, output = 2, name = 3, op_type = 4, domain = 7.
        var node = new ProtobufWriter();
        Array.ForEach(split is null ? [gate, up] : new[] { split.Inputs[0] }, name => node.Text(1, name));
        edit.Replace(last, node.Text(2, last.Outputs[0]).Text(3, $"{last.Outputs[0]}/ncn.gate").Text(4, OwnOperators.Gate).Text(7, OwnOperators.Domain));
        return true;
    }

    private static bool IsPlain(OnnxNode node, string name) => node.Operator == name && node.Domain is "" or "ai.onnx";

    private static string? Other(OnnxNode product, string one) => product.Inputs is [var first, var second] ? first == one ? second : second == one ? first : null : null;

    /// <summary>Two equal parts along the last axis of [batch, tokens, width], the gate first.</summary>
    private static bool IsHalving(OnnxNode node, string gate, string up, OnnxScope graph) =>
        IsPlain(node, "Split") && node.Inputs.Count(name => name.Length > 0) == 1 && node.Outputs is [var first, var second] && first == gate && second == up
        && !graph.Outputs.Contains(first) && !graph.Outputs.Contains(second)
        && node.Integers.GetValueOrDefault("axis") is -1 or 2 && !node.Attributes.Contains("split");

    /// <summary>Both are float32 wherever the file says a type, and none is a constant: the product of two shapes may be wider than either.</summary>
    private static bool AreNumbers(OnnxScope graph, string gate, string up) =>
        new[] { gate, up }.All(name => graph.Types.GetValueOrDefault(name, OnnxOperators.Float) == OnnxOperators.Float && !graph.Initializers.Contains(name));
}
