namespace Ncn.Inference.Repository.Inspection;

/// <summary>
/// Checks an ONNX file's frame: that it is whole, that its tensors carry what they declare, and that external data stays among the
/// model's own files. Field numbers: onnx/onnx.proto, IR version 13.
/// </summary>
internal sealed class OnnxFile
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Graphs within nodes of graphs; real models have three levels, parsers of protobuf stop at 100 messages.</summary>
    private const int MaxDepth = 24;

    private const int MaxTextBytes = 4096;

    /// <summary>Elements in a byte of data: the smallest type has two bits.</summary>
    private const int ElementsPerByte = 4;

    private readonly ProtobufReader _reader;
    private readonly string _folder;
    private readonly HashSet<string> _files;

    private OnnxFile(Stream stream, string folder, IEnumerable<string> files) =>
        (_reader, _folder, _files) = (new ProtobufReader(stream), folder, [.. files]);

    /// <exception cref="InvalidDataException">It is refused; the message says why.</exception>
    public static void Check(string folder, string path, IEnumerable<string> files)
    {
        using FileStream file = RegularFile.Open(folder, path, long.MaxValue);
        using var buffered = new BufferedStream(file, BufferBytes);
        try
        {
            bool hasGraph = new OnnxFile(buffered, folder, files).Model(file.Length);
            if (!hasGraph)
            {
                throw new InvalidDataException("it is no ONNX model: it has no graph");
            }
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>ModelProto: graph = 7, functions = 25.</summary>
    private bool Model(long end)
    {
        bool hasGraph = false;
        Walk(end, (field, at) =>
        {
            hasGraph |= field == 7;
            return field switch { 7 => () => Graph(at, 1), 25 => () => Function(at), _ => null };
        });
        return hasGraph;
    }

    /// <summary>GraphProto: node = 1, initializer = 5, sparse_initializer = 15.</summary>
    private void Graph(long end, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException($"graphs are nested more than {MaxDepth} deep");
        }

        Walk(end, (field, at) => field switch { 1 => () => Node(at, depth), 5 => () => Tensor(at), 15 => () => SparseTensor(at), _ => null });
    }

    /// <summary>FunctionProto: node = 7, attribute_proto = 11.</summary>
    private void Function(long end) =>
        Walk(end, (field, at) => field switch { 7 => () => Node(at, 1), 11 => () => Attribute(at, 1), _ => null });

    /// <summary>NodeProto: attribute = 5.</summary>
    private void Node(long end, int depth) => Walk(end, (field, at) => field == 5 ? () => Attribute(at, depth) : null);

    /// <summary>AttributeProto: t = 5, g = 6, tensors = 10, graphs = 11, sparse_tensor = 22, sparse_tensors = 23.</summary>
    private void Attribute(long end, int depth) => Walk(end, (field, at) => field switch
    {
        5 or 10 => () => Tensor(at),
        6 or 11 => () => Graph(at, depth + 1),
        22 or 23 => () => SparseTensor(at),
        _ => null,
    });

    /// <summary>SparseTensorProto: values = 1, indices = 2.</summary>
    private void SparseTensor(long end) => Walk(end, (field, at) => field is 1 or 2 ? () => Tensor(at) : null);

    /// <summary>TensorProto: dims = 1, external_data = 13; everything else that is long is data.</summary>
    private void Tensor(long end)
    {
        long start = _reader.Position;
        UInt128 elements = 1;
        var external = new ExternalData();
        while (_reader.Next(end) is var (field, type, at))
        {
            if (field == 1)
            {
                elements = Times(elements, type, at);
            }
            else if (field == 13 && type == ProtobufReader.Bytes)
            {
                Entry(at, external);
            }
            else
            {
                _reader.Skip(type, at);
            }
        }

        long bytes = external.Location is null ? end - start : external.CheckedLength(_folder, _files);
        if (elements > (UInt128)bytes * ElementsPerByte)
        {
            throw new InvalidDataException($"a tensor declares {elements} elements and carries {bytes} bytes");
        }
    }

    /// <summary>Dimensions come one by one, or packed.</summary>
    private UInt128 Times(UInt128 elements, int type, long at)
    {
        if (type != ProtobufReader.Bytes)
        {
            return Times(elements, _reader.ReadVarint(at));
        }

        while (_reader.Position < at)
        {
            elements = Times(elements, _reader.ReadVarint(at));
        }

        return elements;
    }

    private static UInt128 Times(UInt128 elements, ulong size) => size <= long.MaxValue
        ? UInt128.Min(elements * size, ulong.MaxValue)
        : throw new InvalidDataException($"a tensor has the dimension {unchecked((long)size)}");

    /// <summary>StringStringEntryProto: key = 1, value = 2.</summary>
    private void Entry(long end, ExternalData external)
    {
        string key = "", value = "";
        while (_reader.Next(end) is var (field, type, at))
        {
            if (field is 1 or 2 && type == ProtobufReader.Bytes)
            {
                string text = _reader.ReadText(at, MaxTextBytes);
                (key, value) = field == 1 ? (text, value) : (key, text);
            }
            else
            {
                _reader.Skip(type, at);
            }
        }

        external.Add(key, value);
    }

    /// <summary>Goes into the fields for which <paramref name="into"/> has a step, and past the others.</summary>
    private void Walk(long end, Func<int, long, Action?> into)
    {
        while (_reader.Next(end) is var (field, type, at))
        {
            if (type == ProtobufReader.Bytes && into(field, at) is { } step)
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
