namespace Ncn.Inference.Repository.Inspection;

/// <summary>Reads what an ONNX file's graphs consist of: nodes, names, types, and where they lie in the file. Weights are passed over.</summary>
/// <remarks>Field numbers: onnx/onnx.proto, IR version 13. The file's frame has been checked by <see cref="OnnxFile"/>.</remarks>
internal sealed class OnnxGraphReader
{
    private const int MaxNameBytes = 1 << 16;

    private readonly ProtobufReader _reader;
    private long _fieldStart;

    private OnnxGraphReader(Stream stream) => _reader = new ProtobufReader(stream);

    /// <summary>The graphs of a file, of which a sound one has one.</summary>
    /// <param name="file">A seekable stream over all of the file.</param>
    /// <exception cref="InvalidDataException">The bytes are no protobuf message, or a name is absurdly long.</exception>
    public static IReadOnlyList<OnnxScope> Read(Stream file)
    {
        var graphs = new List<OnnxScope>();
        var reader = new OnnxGraphReader(file);
        reader.Each(file.Length, (field, at) => field == 7 ? () => graphs.Add(reader.Graph(at)) : null);
        return graphs;
    }

    /// <summary>GraphProto: node = 1, initializer = 5, input = 11, output = 12, value_info = 13.</summary>
    private OnnxScope Graph(long end)
    {
        var scope = new OnnxScope { Place = Place(end) };
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
        if (field is 11 or 12)
        {
            (field == 11 ? scope.Inputs : scope.Outputs).Add(name);
        }

        if (type != OnnxOperators.Unknown)
        {
            scope.Types[name] = type;
        }
    }

    /// <summary>NodeProto: input = 1, output = 2, op_type = 4, attribute = 5, domain = 7.</summary>
    private OnnxNode Node(long end)
    {
        var node = new OnnxNode { Place = Place(end) };
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

    /// <summary>AttributeProto: name = 1, f = 2, i = 3, t = 5, g = 6, graphs = 11.</summary>
    private void Attribute(OnnxNode node, long end)
    {
        string name = "";
        long? integer = null;
        float? single = null;
        Each(end, (field, at) => field switch
        {
            1 => () => name = Text(at),
            5 => () => node.TensorType = Tensor(at).Type,
            6 or 11 => () => node.Graphs.Add(Graph(at)),
            _ => null,
        }, (field, value) => integer = field == 3 ? value : integer, (field, value) => single = field == 2 ? value : single);
        node.Attributes.Add(name);
        if (single is { } number)
        {
            node.Singles[name] = number;
        }

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

    /// <summary>Where the message lies whose content begins here.</summary>
    private OnnxPlace Place(long end) => new(_fieldStart, _reader.Position, end);

    private void Each(long end, Func<int, long, Action?> into, Action<int, long>? number = null, Action<int, float>? single = null)
    {
        while (true)
        {
            _fieldStart = _reader.Position;
            if (_reader.Next(end) is not var (field, type, at))
            {
                return;
            }

            if (type == ProtobufReader.Varint && number is not null)
            {
                number(field, unchecked((long)_reader.ReadVarint(at)));
            }
            else if (type == ProtobufReader.Fixed32 && single is not null)
            {
                single(field, _reader.ReadSingle());
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

/// <summary>Where a message lies in a file, in bytes from its beginning.</summary>
/// <param name="Field">The field that holds it: number and length, then the content.</param>
/// <param name="Start">Its content.</param>
/// <param name="End">The byte after it.</param>
internal readonly record struct OnnxPlace(long Field, long Start, long End);
