namespace Ncn.Inference.Repository.Inspection;

/// <summary>What the operators that whole numbers pass through do to types. Element types are numbered as in onnx/onnx.proto, TensorProto.DataType.</summary>
internal static class OnnxOperators
{
    public const int Unknown = 0;
    public const int Float = 1;
    public const int Int32 = 6;
    public const int Int64 = 7;

    private const int Bool = 9;

    private static readonly HashSet<string> KeepFirst = new(StringComparer.Ordinal)
    {
        "Abs", "Add", "Clip", "Compress", "Concat", "CumSum", "Div", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "Max", "Min", "Mod",
        "Mul", "Neg", "Pad", "Pow", "Range", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "ScatterElements", "ScatterND",
        "Sign", "Slice", "Split", "Squeeze", "Sub", "Sum", "Tile", "Transpose", "Trilu", "Unsqueeze",
    };

    private static readonly HashSet<string> GiveInt64 = new(StringComparer.Ordinal) { "ArgMax", "ArgMin", "NonZero", "Shape", "Size" };

    private static readonly HashSet<string> GiveBool = new(StringComparer.Ordinal) { "And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "Or", "Xor" };

    /// <summary>True for the types whose division the processor can trap; smaller ones are widened, unsigned ones have no -1.</summary>
    public static bool CanTrap(int type) => type is Int32 or Int64;

    /// <summary>The type of a node's first output; <see cref="Unknown"/> when this does not tell.</summary>
    /// <param name="node">The node.</param>
    /// <param name="typeOf">The types of its inputs.</param>
    public static int Result(OnnxNode node, Func<string, int> typeOf)
    {
        int Input(int index) => index < node.Inputs.Count ? typeOf(node.Inputs[index]) : Unknown;
        return node.Operator switch
        {
            _ when node.Domain is not ("" or "ai.onnx") => Unknown,
            "Cast" => (int)Math.Clamp(node.Integers.GetValueOrDefault("to"), Unknown, int.MaxValue),
            "CastLike" or "Where" => Input(1),
            "Constant" => node.TensorType ?? (node.Integers.ContainsKey("value_int") ? Int64 : Unknown),
            "ConstantOfShape" => node.TensorType ?? Float,
            var name when GiveInt64.Contains(name) => Int64,
            var name when GiveBool.Contains(name) => Bool,
            var name when KeepFirst.Contains(name) => Input(0),
            _ => Unknown,
        };
    }
}

/// <summary>A node of a graph: what it does to which names.</summary>
internal sealed class OnnxNode
{
    /// <summary>Where it lies in the file.</summary>
    public OnnxPlace Place { get; init; }

    public string Operator { get; set; } = "";

    public string Domain { get; set; } = "";

    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];

    /// <summary>The names of all attributes.</summary>
    public HashSet<string> Attributes { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, long> Integers { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, float> Singles { get; } = new(StringComparer.Ordinal);

    /// <summary>The type of a tensor among the attributes; null when there is none.</summary>
    public int? TensorType { get; set; }

    /// <summary>Graphs within it.</summary>
    public List<OnnxScope> Graphs { get; } = [];
}

/// <summary>The names of a graph: which types they have, and which never change.</summary>
internal sealed class OnnxScope
{
    /// <summary>Where it lies in the file.</summary>
    public OnnxPlace Place { get; init; }

    public List<OnnxNode> Nodes { get; } = [];

    public Dictionary<string, int> Types { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Initializers { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Inputs { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Outputs { get; } = new(StringComparer.Ordinal);
}
