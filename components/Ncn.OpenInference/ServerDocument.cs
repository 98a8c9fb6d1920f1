using System.Text.Json.Serialization;
using Inference;

namespace Ncn.OpenInference;

/// <summary>A server's metadata.</summary>
/// <param name="Extensions">Names of the protocol's extensions that it speaks.</param>
public sealed record ServerDocument(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("version")] string Version,
    [property: JsonPropertyName("extensions")] IReadOnlyList<string> Extensions)
{
    /// <summary>Tensors as bytes, see <see cref="BinaryData"/>.</summary>
    public const string BinaryTensorData = "binary_tensor_data";

    /// <summary>Index, load and unload of models.</summary>
    public const string ModelRepository = "model_repository";

    /// <summary>Version of this software, as all its servers state it.</summary>
    public static string SoftwareVersion { get; } = typeof(ServerDocument).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The same over gRPC.</summary>
    public ServerMetadataResponse ToMessage()
    {
        var message = new ServerMetadataResponse { Name = Name, Version = Version };
        message.Extensions.AddRange(Extensions);
        return message;
    }
}

/// <summary>The protocol's text names a body with one key for each health call, its schema none: both keys serve either reader.</summary>
public sealed record HealthDocument([property: JsonPropertyName("live")] bool Live, [property: JsonPropertyName("ready")] bool Ready);

/// <summary>Whether a model can be called.</summary>
public sealed record ModelReadyDocument([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("ready")] bool Ready);
