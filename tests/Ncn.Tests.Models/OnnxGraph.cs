using System.Runtime.InteropServices;
using Google.Protobuf;
using Ncn.Tests.Models.Onnx;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Tests.Models;

/// <summary>
/// Writes an ONNX model node by node. Every method that adds a value returns its name, so that the next node can take it.
/// Nodes must be added in an order in which each comes after those that it reads.
/// </summary>
public sealed class OnnxGraph(string name)
{
    /// <summary>The domain of ONNX Runtime's own operators (GroupQueryAttention and others).</summary>
    public const string Contrib = "com.microsoft";

    private const int OperatorSet = 17;
    private const int FormatVersion = 8;

    private readonly GraphProto _graph = new() { Name = name };
    private readonly List<string> _domains = [Contrib];

    public string Input(string name, DataType type, params OnnxSize[] shape)
    {
        _graph.Input.Add(Describe(name, type, shape));
        return name;
    }

    public string Output(string name, DataType type, params OnnxSize[] shape)
    {
        _graph.Output.Add(Describe(name, type, shape));
        return name;
    }

    /// <summary>A constant of floats in row-major order; no shape makes a scalar.</summary>
    public string Weight(string name, ReadOnlySpan<float> values, params long[] shape) =>
        Weight(name, DataType.Float, MemoryMarshal.AsBytes(values).ToArray(), shape);

    /// <summary>A constant of 64-bit integers; no shape makes a scalar.</summary>
    public string Weight(string name, ReadOnlySpan<long> values, params long[] shape) =>
        Weight(name, DataType.Int64, MemoryMarshal.AsBytes(values).ToArray(), shape);

    /// <summary>A constant of any type in ONNX's raw form (little-endian). The array is kept, not copied.</summary>
    public string Weight(string name, DataType type, byte[] raw, params long[] shape)
    {
        _graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)type,
            Dims = { shape },
            RawData = UnsafeByteOperations.UnsafeWrap(raw),
        });
        return name;
    }

    /// <summary>A node of the standard set with one output.</summary>
    public string Add(string op, string[] inputs, string output, params AttributeProto[] attributes) =>
        Add(op, "", inputs, [output], attributes);

    /// <summary>A node of any domain. An empty name leaves out an optional input or output. Returns the first output.</summary>
    public string Add(string op, string domain, string[] inputs, string[] outputs, params AttributeProto[] attributes)
    {
        _graph.Node.Add(new NodeProto
        {
            Name = outputs[0],
            OpType = op,
            Domain = domain,
            Input = { inputs },
            Output = { outputs },
            Attribute = { attributes },
        });
        return outputs[0];
    }

    /// <summary>Lets the graph have operators of another domain.</summary>
    public void Import(string domain) => _domains.Add(domain);

    public ModelProto Build() => new()
    {
        IrVersion = FormatVersion,
        ProducerName = "ncn-tests",
        Graph = _graph,
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = OperatorSet }, _domains.Select(domain => new OperatorSetIdProto { Domain = domain, Version = 1 }) },
    };

    public byte[] ToBytes() => Build().ToByteArray();

    public void Save(string file)
    {
        using FileStream stream = File.Create(file);
        Build().WriteTo(stream);
    }

    private static ValueInfoProto Describe(string name, DataType type, OnnxSize[] shape)
    {
        var sizes = shape.Select(size => size.Name is null
            ? new TensorShapeProto.Types.Dimension { DimValue = size.Fixed.GetValueOrDefault() }
            : new TensorShapeProto.Types.Dimension { DimParam = size.Name });
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new TensorShapeProto { Dim = { sizes } } };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
