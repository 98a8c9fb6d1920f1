using Ncn.Inference.Repository.Inspection;

namespace Ncn.Inference.Batching;

/// <summary>
/// The end of a decoder's graph that treats each token for itself: what follows the last attention, up to the logits. It need not be
/// computed for tokens whose logits nobody looks at, which is most of a prompt.
/// </summary>
/// <param name="Nodes">Its nodes, in the order of the file.</param>
/// <param name="Enters">The names of what it takes from the rest of the graph: tensors [batch, tokens, …].</param>
internal sealed record TokenwiseTail(IReadOnlyList<OnnxNode> Nodes, IReadOnlyList<string> Enters)
{
    private const string Contrib = "com.microsoft";

    /// <summary>Operators of ONNX that work on each number, or on the numbers of each token.</summary>
    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "Abs", "Add", "Cast", "Clip", "Div", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Max", "Min", "Mul", "Neg", "Pow",
        "Reciprocal", "Relu", "Sigmoid", "Softplus", "Sqrt", "Sub", "Swish", "Tanh",
    };

    /// <summary>The same where they are told to work along the last axis.</summary>
    private static readonly HashSet<string> AlongLast = new(StringComparer.Ordinal)
    {
        "LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization", "Split",
    };

    /// <summary>The same among ONNX Runtime's own operators.</summary>
    private static readonly HashSet<string> Contributed = new(StringComparer.Ordinal)
    {
        "BiasGelu", "FastGelu", "Gelu", "QuickGelu", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization",
    };

    /// <summary>Products of numbers of each token with weights.</summary>
    private static readonly HashSet<string> Products = new(StringComparer.Ordinal) { "MatMul", "MatMulBnb4", "MatMulNBits" };

    /// <summary>Finds it; null when the graph ends in something else, or has graphs within, whose reach this does not follow.</summary>
    /// <param name="graph">A decoder's graph.</param>
    /// <param name="logits">The output that is wanted for some tokens only.</param>
    public static TokenwiseTail? Find(OnnxScope graph, string logits)
    {
        if (graph.Nodes.Any(node => node.Graphs.Count > 0))
        {
            return null;
        }

        HashSet<string> constants = Constants(graph);
        ILookup<string, OnnxNode> readers = graph.Nodes.SelectMany(node => node.Inputs.Distinct().Select(name => (name, node))).ToLookup(pair => pair.name, pair => pair.node);
        var tail = new HashSet<OnnxNode>();
        bool Belongs(OnnxNode node) => IsTokenwise(node, constants)
            && node.Outputs.Where(name => name.Length > 0).All(name => (name == logits || !graph.Outputs.Contains(name)) && readers[name].All(tail.Contains))
            && node.Outputs.Any(name => name == logits || readers[name].Any());

        // A node comes after those that it reads, so going backwards sees all readers first.
        foreach (OnnxNode node in graph.Nodes.AsEnumerable().Reverse().Where(Belongs))
        {
            tail.Add(node);
        }

        string[] enters = [.. tail.SelectMany(node => node.Inputs).Where(name => name.Length > 0 && !constants.Contains(name)).Except(tail.SelectMany(node => node.Outputs)).Distinct()];
        return enters.Length > 0 && tail.Any(node => Products.Contains(node.Operator)) && tail.Any(node => node.Outputs.Contains(logits))
            ? new TokenwiseTail([.. graph.Nodes.Where(tail.Contains)], enters)
            : null;
    }

    private static HashSet<string> Constants(OnnxScope graph)
    {
        var constants = new HashSet<string>(graph.Initializers.Except(graph.Inputs), StringComparer.Ordinal);
        foreach (OnnxNode node in graph.Nodes.Where(node => node.Operator == "Constant" || (node.Inputs.Count > 0 && node.Inputs.All(name => name.Length == 0 || constants.Contains(name)))))
        {
            constants.UnionWith(node.Outputs);
        }

        return constants;
    }

    private static bool IsTokenwise(OnnxNode node, HashSet<string> constants)
    {
        if (Products.Contains(node.Operator))
        {
            return node.Inputs.Count > 1 && node.Inputs.Skip(1).All(name => name.Length == 0 || constants.Contains(name));
        }

        return node.Domain switch
        {
            "" or "ai.onnx" => Plain.Contains(node.Operator) || (AlongLast.Contains(node.Operator) && IsAlongLast(node)),
            Contrib => Contributed.Contains(node.Operator),
            _ => false,
        };
    }

    /// <summary>Without an axis a split works along the first one, the others along the last.</summary>
    private static bool IsAlongLast(OnnxNode node) => node.Integers.TryGetValue("axis", out long axis) ? axis is -1 or 2 : node.Operator != "Split";
}
