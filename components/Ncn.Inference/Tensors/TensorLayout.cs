using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>An input or output of a model.</summary>
/// <param name="Sizes">-1 for a size that a request chooses.</param>
/// <param name="Names">The names of such sizes; empty where the model has none.</param>
internal sealed record TensorPort(string Name, TensorDatatype Datatype, TensorElementType ElementType, long[] Sizes, string[] Names)
{
    public bool HasFreeRows => Sizes.Length > 0 && Sizes[0] < 0;

    public static TensorPort? From(string name, NodeMetadata metadata)
    {
        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || OnnxDatatypes.FromOnnx(metadata.ElementDataType) is not { } datatype)
        {
            return null;
        }

        return new TensorPort(name, datatype, metadata.ElementDataType, [.. metadata.Dimensions.Select(size => (long)size)], metadata.SymbolicDimensions);
    }

    public TensorSpec Spec() => new(Name, Datatype.Name(), Sizes);
}

/// <summary>Where the size of an output's dimension comes from: a number, or a dimension of an input.</summary>
internal readonly record struct SizeSource(long Fixed, int Input, int Axis);

/// <summary>What is known of a model's tensors before it runs.</summary>
internal sealed class TensorLayout
{
    private TensorLayout(TensorPort[] inputs, TensorPort[] outputs)
    {
        (Inputs, Outputs) = (inputs, outputs);
        OutputSizes = [.. outputs.Select(Sources)];
        HasText = inputs.Any(port => port.Datatype == TensorDatatype.BYTES);
        RowsAreIndependent = inputs.Length > 0 && inputs.All(port => port.HasFreeRows) && outputs.All(port => port.HasFreeRows) && RowNamesAgree();
    }

    public TensorPort[] Inputs { get; }

    public TensorPort[] Outputs { get; }

    /// <summary>For each output its sizes, in terms of the inputs' sizes; null when they are known only after the run.</summary>
    public SizeSource[]?[] OutputSizes { get; }

    /// <summary>True when an input is BYTES.</summary>
    public bool HasText { get; }

    /// <summary>True when the shapes say that rows of different requests can share a run.</summary>
    public bool RowsAreIndependent { get; }

    public static TensorLayout Read(InferenceSession session)
    {
        TensorPort[] inputs = [.. session.InputNames.Select(name => TensorPort.From(name, session.InputMetadata[name])
            ?? throw new InvalidDataException($"input '{name}' is no tensor of a type that the Open Inference Protocol carries"))];
        TensorPort[] outputs = [.. session.OutputNames.Select(name => TensorPort.From(name, session.OutputMetadata[name])).OfType<TensorPort>()];
        return outputs.Length > 0 ? new TensorLayout(inputs, outputs) : throw new InvalidDataException("the model has no output that is a tensor");
    }

    public TensorSignature Signature() => new([.. Inputs.Select(port => port.Spec())], [.. Outputs.Select(port => port.Spec())]);

    /// <summary>An output without dimensions may be a scalar or one of any shape: ONNX Runtime tells both alike.</summary>
    private SizeSource[]? Sources(TensorPort output)
    {
        SizeSource?[] sources = [.. output.Sizes.Select((size, axis) => size >= 0 ? new SizeSource(size, -1, 0) : Named(output.Names[axis]))];
        return output.Datatype == TensorDatatype.BYTES || sources.Length == 0 || sources.Contains(null)
            ? null
            : [.. sources.Select(source => source!.Value)];
    }

    private SizeSource? Named(string name)
    {
        for (int input = 0; input < Inputs.Length && name.Length > 0; input++)
        {
            int axis = Array.IndexOf(Inputs[input].Names, name);
            if (axis >= 0)
            {
                return new SizeSource(-1, input, axis);
            }
        }

        return null;
    }

    /// <summary>Inputs whose row counts have different names ("batch", "vocabulary") are no batch, nor is an output with the name of another dimension.</summary>
    private bool RowNamesAgree()
    {
        string[] names = [.. Inputs.Select(port => port.Names[0]).Where(name => name.Length > 0).Distinct()];
        var inner = Inputs.SelectMany(port => port.Names.Skip(1)).Where(name => name.Length > 0).ToHashSet();
        return names.Length <= 1 && !Outputs.Any(port => inner.Contains(port.Names[0]));
    }
}
