namespace Ncn.Inference.Repository.Inspection;

/// <summary>
/// Refuses models that divide whole numbers by something that is no constant: ONNX Runtime looks for zeros, but the smallest number
/// divided by -1 is trapped by the processor, so a request with these two in the right place would end the node. Types are followed
/// through the graph as far as its operators tell; what cannot be told (the outputs of loops and of functions) is not refused.
/// </summary>
/// <remarks>Field numbers: onnx/onnx.proto, IR version 13. The file's frame has been checked by <see cref="OnnxFile"/>.</remarks>
internal sealed class WholeDivision
{
    private const int BufferBytes = 1 << 16;
    private const int MaxNameBytes = 1 << 16;

    private readonly ProtobufReader _reader;

    private WholeDivision(Stream stream) => _reader = new ProtobufReader(stream);

    /// <exception cref="InvalidDataException">It is refused; the message names the node.</exception>
    public static void Check(string folder, string path)
    {
        using FileStream file = RegularFile.Open(folder, path, long.MaxValue);
        using var buffered = new BufferedStream(file, BufferBytes);
        var graphs = new List<OnnxScope>();
        var division = new WholeDivision(buffered);
        division.Each(file.Length, (field, at) => field == 7 ? () => graphs.Add(division.Graph(at)) : null);
        foreach (OnnxScope graph in graphs)
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

    /// <summary>GraphProto: node = 1, initializer = 5, input = 11, output = 12, value_info = 13.</summary>
    private OnnxScope Graph(long end)
    {
        var scope = new OnnxScope();
        Each(end, (field, at) => field switch
        {
            1 => () => scope.Nodes.Add(Node(at)),
            5 => () =>
            {
                (string name, int type) = Tensor(at);
                scope.Initializers.Add(name);
                scope.Types.TryAdd(name, type);
            },
            11 or 12 or 13 => () => Declare(scope, field, at),
            _ => null,
        });
        return scope;
    }

    private void Declare(OnnxScope scope, int field, long end)
    {
        (string name, int type) = Value(end);
        if (field == 11)
        {
            scope.Inputs.Add(name);
        }

        if (type != OnnxOperators.Unknown)
        {
            scope.Types[name] = type;
        }
    }

    /// <summary>NodeProto: input = 1, output = 2, op_type = 4, attribute = 5, domain = 7.</summary>
    private OnnxNode Node(long end)
    {
        var node = new OnnxNode();
        Each(end, (field, at) => field switch
        {
            1 => () => node.Inputs.Add(Text(at)),
            2 => () => node.Outputs.Add(Text(at)),
            4 => () => node.Operator = Text(at),
            5 => () => Attribute(node, at),
            7 => () => node.Domain = Text(at),
            _ => null,
        });
        return node;
    }

    /// <summary>AttributeProto: name = 1, i = 3, t = 5, g = 6, graphs = 11.</summary>
    private void Attribute(OnnxNode node, long end)
    {
        string name = "";
        long? integer = null;
        Each(end, (field, at) => field switch
        {
            1 => () => name = Text(at),
            5 => () => node.TensorType = Tensor(at).Type,
            6 or 11 => () => node.Graphs.Add(Graph(at)),
            _ => null,
        }, (field, value) => integer = field == 3 ? value : integer);
        if (integer is { } given)
        {
            node.Integers[name] = given;
        }
    }

    /// <summary>TensorProto: data_type = 2, name = 8.</summary>
    private (string Name, int Type) Tensor(long end)
    {
        string name = "";
        long type = 0;
        Each(end, (field, at) => field == 8 ? () => name = Text(at) : null, (field, value) => type = field == 2 ? value : type);
        return (name, (int)Math.Clamp(type, 0, int.MaxValue));
    }

    /// <summary>ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; its elem_type = 1.</summary>
    private (string Name, int Type) Value(long end)
    {
        string name = "";
        long type = 0;
        Each(end, (field, at) => field switch
        {
            1 => () => name = Text(at),
            2 => () => Each(at, (kind, inner) => kind == 1 ? () => Each(inner, static (_, _) => null, (member, value) => type = member == 1 ? value : type) : null),
            _ => null,
        });
        return (name, (int)Math.Clamp(type, 0, int.MaxValue));
    }

    private string Text(long end) => _reader.ReadText(end, MaxNameBytes);

    private void Each(long end, Func<int, long, Action?> into, Action<int, long>? number = null)
    {
        while (_reader.Next(end) is var (field, type, at))
        {
            if (type == ProtobufReader.Varint && number is not null)
            {
                number(field, unchecked((long)_reader.ReadVarint(at)));
            }
            else if (type == ProtobufReader.Bytes && into(field, at) is { } step)
            {
                step();
            }
            else
            {
                _reader.Skip(type, at);
            }
        }
    }
}
