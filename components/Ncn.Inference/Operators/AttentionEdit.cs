using Ncn.Inference.Repository.Inspection;

namespace Ncn.Inference.Operators;

/// <summary>
/// Gives a decoder's graph the attention of <see cref="AttentionNode"/> in place of com.microsoft's GroupQueryAttention, wherever that is asked for
/// nothing which ours does not do.
/// </summary>
/// <remarks>Inputs and attributes: ONNX Runtime, docs/ContribOperators.md, com.microsoft.GroupQueryAttention.</remarks>
internal static class AttentionEdit
{
    private const int Inputs = 9;
    private const string Contrib = "com.microsoft";
    private const int OperatorDomain = 7;

    /// <summary>Attributes that say what both compute, and the values of others that say nothing.</summary>
    private static readonly Dictionary<string, double[]?> Known = new(StringComparer.Ordinal)
    {
        ["num_heads"] = null, ["kv_num_heads"] = null, ["scale"] = null, ["do_rotary"] = [0, 1], ["rotary_interleaved"] = [0],
        ["local_window_size"] = [-1], ["softcap"] = [0], ["smooth_softmax"] = [-1, 0], ["qk_output"] = [0],
    };

    /// <summary>Makes the edit at each such node; false when there is none.</summary>
    public static bool Apply(GraphEdit edit)
    {
        OnnxNode[] nodes = [.. edit.Scope.Nodes.Where(node => CanChange(node, edit.Scope))];
        foreach (OnnxNode node in nodes)
        {
            edit.Change(node, without: OperatorDomain, new ProtobufWriter().Text(OperatorDomain, OwnOperators.Domain));
        }

        return nodes.Length > 0;
    }

    private static bool CanChange(OnnxNode node, OnnxScope graph) =>
        node is { Operator: OwnOperators.Attention, Domain: Contrib, Outputs: [{ Length: > 0 }, { Length: > 0 } presentKey, { Length: > 0 } presentValue] }
        && node.Inputs is [{ Length: > 0 }, var key, var value, { Length: > 0 } pastKey, { Length: > 0 } pastValue, { Length: > 0 }, { Length: > 0 }, ..]
        && key.Length == 0 == (value.Length == 0)
        && node.Inputs.Skip(Inputs).All(name => name.Length == 0)
        && Rotates(node) == (node.Inputs.Count >= Inputs && node.Inputs[7].Length > 0 && node.Inputs[8].Length > 0)
        && node.Integers.ContainsKey("num_heads") && node.Integers.ContainsKey("kv_num_heads")
        && node.Attributes.All(name => Known.TryGetValue(name, out double[]? values) && (values is null || values.Contains(Value(node, name))))
        && new[] { pastKey, pastValue }.All(name => graph.Inputs.Contains(name) && graph.Types.GetValueOrDefault(name) == OnnxOperators.Float)
        && new[] { presentKey, presentValue }.All(graph.Outputs.Contains);

    private static bool Rotates(OnnxNode node) => node.Integers.GetValueOrDefault("do_rotary") == 1;

    private static double Value(OnnxNode node, string name) =>
        node.Integers.TryGetValue(name, out long integer) ? integer : node.Singles.TryGetValue(name, out float single) ? single : 0;
}
