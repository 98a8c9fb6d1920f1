using System.Text.Json.Serialization;
using Inference;
using Ncn.Protocol;

namespace Ncn.OpenInference;

/// <summary>What the protocol says of a tensor of a model.</summary>
public sealed record TensorDocument(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("datatype")] string Datatype,
    [property: JsonPropertyName("shape")] IReadOnlyList<long> Shape)
{
    internal static TensorDocument Of(TensorSpec spec) => new(spec.Name, spec.Datatype, spec.Shape);
}

/// <summary>A model's metadata.</summary>
/// <param name="Versions">All that are served.</param>
/// <param name="Platform">What runs it.</param>
public sealed record ModelDocument(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("versions")] IReadOnlyList<string> Versions,
    [property: JsonPropertyName("platform")] string Platform,
    [property: JsonPropertyName("inputs")] IReadOnlyList<TensorDocument> Inputs,
    [property: JsonPropertyName("outputs")] IReadOnlyList<TensorDocument> Outputs)
{
    /// <summary>The protocol's name for a model that is one ONNX graph.</summary>
    public const string Onnx = "onnx_onnxv1";

    /// <summary>The document of one version among several.</summary>
    public static ModelDocument Of(string name, IReadOnlyList<string> versions, string platform, TensorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        return new ModelDocument(
            name, versions, platform, [.. signature.Inputs.Select(TensorDocument.Of)], [.. signature.Outputs.Select(TensorDocument.Of)]);
    }

    /// <summary>The same over gRPC.</summary>
    public ModelMetadataResponse ToMessage()
    {
        var message = new ModelMetadataResponse { Name = Name, Platform = Platform };
        message.Versions.AddRange(Versions);
        message.Inputs.AddRange(Inputs.Select(ToMessage));
        message.Outputs.AddRange(Outputs.Select(ToMessage));
        return message;
    }

    private static ModelMetadataResponse.Types.TensorMetadata ToMessage(TensorDocument tensor)
    {
        var message = new ModelMetadataResponse.Types.TensorMetadata { Name = tensor.Name, Datatype = tensor.Datatype };
        message.Shape.AddRange(tensor.Shape);
        return message;
    }
}
