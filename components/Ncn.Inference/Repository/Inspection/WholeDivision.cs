namespace Ncn.Inference.Repository.Inspection;

/// <summary>
/// Refuses models that divide whole numbers by something that is no constant: ONNX Runtime looks for zeros, but the smallest number
/// divided by -1 is trapped by the processor, so a request with these two in the right place would end the node. Types are followed
/// through the graph as far as its operators tell; what cannot be told (the outputs of loops and of functions) is not refused.
/// </summary>
internal static class WholeDivision
{
    private const int BufferBytes = 1 << 16;

    /// <exception cref="InvalidDataException">It is refused; the message names the node.</exception>
    public static void Check(string folder, string path)
    {
        using FileStream file = RegularFile.Open(folder, path, long.MaxValue);
        using var buffered = new BufferedStream(file, BufferBytes);
        foreach (OnnxScope graph in OnnxGraphReader.Read(buffered))
        {
            if (Found(graph, _ => OnnxOperators.Unknown, _ => false) is { } node)
            {
                throw new InvalidDataException(
                    $"{path}: the node that gives '{node.Outputs.FirstOrDefault()}' divides whole numbers ({node.Operator}) by something that is no constant, and a -1 there could end the process; divide floating-point numbers, or by a constant");
            }
        }
    }

    /// <summary>The first such division in a graph or one within it; nodes come in an order in which each follows those that it reads.</summary>
    private static OnnxNode? Found(OnnxScope graph, Func<string, int> outerType, Func<string, bool> outerConstant)
    {
        var constants = new HashSet<string>(graph.Initializers.Except(graph.Inputs), StringComparer.Ordinal);
        int TypeOf(string name) => graph.Types.TryGetValue(name, out int type) ? type : outerType(name);
        bool IsConstant(string name) => name.Length == 0 || constants.Contains(name) || outerConstant(name);
        foreach (OnnxNode node in graph.Nodes)
        {
            if (Divides(node) && node.Inputs.Concat(node.Outputs).Any(name => OnnxOperators.CanTrap(TypeOf(name))) && !IsConstant(node.Inputs[1]))
            {
                return node;
            }

            if (node.Graphs.Select(inner => Found(inner, TypeOf, IsConstant)).FirstOrDefault(inner => inner is not null) is { } within)
            {
                return within;
            }

            bool constant = node.Operator is "Constant" or "Shape" or "Size" || // sizes are never below 0
                (node.Inputs.Count > 0 && node.Graphs.Count == 0 && node.Inputs.All(IsConstant));
            constants.UnionWith(constant ? node.Outputs : []);
            foreach (string output in node.Outputs)
            {
                graph.Types.TryAdd(output, OnnxOperators.Result(node, TypeOf));
            }
        }

        return null;
    }

    /// <summary>Mod with fmod is computed in floating point.</summary>
    private static bool Divides(OnnxNode node) => node.Inputs.Count == 2 && node.Domain is "" or "ai.onnx"
        && (node.Operator == "Div" || (node.Operator == "Mod" && node.Integers.GetValueOrDefault("fmod") == 0));
}
