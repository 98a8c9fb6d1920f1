using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Client.Inference;

/// <summary>A tensor of the Open Inference Protocol v2 (REST form): row-major data, flat.</summary>
/// <param name="Datatype">Such as FP32 or INT64.</param>
public sealed record Tensor(string Name, IReadOnlyList<long> Shape, string Datatype, JsonElement Data)
{
    /// <summary>A tensor of 32-bit floats.</summary>
    public static Tensor Of(string name, IReadOnlyList<long> shape, IReadOnlyList<float> data) =>
        new(name, shape, "FP32", JsonSerializer.SerializeToElement(data));

    /// <summary>The data as 32-bit floats.</summary>
    public float[] Floats() => Data.Deserialize<float[]>()!;
}

/// <summary>An inference request of the Open Inference Protocol v2.</summary>
public sealed record InferRequest(IReadOnlyList<Tensor> Inputs, string? Id = null);

/// <summary>Its answer.</summary>
public sealed record InferAnswer(
    [property: JsonPropertyName("model_name")] string ModelName,
    [property: JsonPropertyName("model_version")] string? ModelVersion,
    string? Id,
    IReadOnlyList<Tensor> Outputs)
{
    /// <summary>Payment and receipt; null when the server is no NCN gateway.</summary>
    [JsonIgnore]
    public NcnMember? Network { get; init; }
}
