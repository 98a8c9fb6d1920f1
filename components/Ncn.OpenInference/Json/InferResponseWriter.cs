using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Inference;

namespace Ncn.OpenInference.Json;

/// <summary>An answer as REST carries it.</summary>
/// <param name="Bytes">The whole body.</param>
/// <param name="JsonLength">Bytes of JSON at its start, when outputs follow as bytes: the value of <see cref="BinaryData.Header"/>. Null: all is JSON.</param>
public readonly record struct InferBody(ReadOnlyMemory<byte> Bytes, int? JsonLength)
{
    /// <summary>The media type.</summary>
    public string ContentType => JsonLength is null ? "application/json" : BinaryData.ContentType;

    /// <summary><see cref="BinaryData.Header"/>'s value; null when there is none.</summary>
    public string? HeaderLength => JsonLength?.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Writes an inference response as REST carries it; each output as JSON or as bytes behind the JSON, as the request asked.</summary>
public static class InferResponseWriter
{
    /// <param name="request">What was asked; says which outputs are wanted as bytes.</param>
    /// <param name="response">Its outputs have raw contents (<see cref="Messages.ResponseCheck"/>).</param>
    /// <param name="addParameters">Writes members into <c>parameters</c>; null for none.</param>
    public static InferBody Write(ModelInferRequest request, ModelInferResponse response, Action<Utf8JsonWriter>? addParameters = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            WriteJson(json, request, response, addParameters);
        }

        int jsonLength = body.WrittenCount;
        bool isBinary = false;
        for (int i = 0; i < response.Outputs.Count; i++)
        {
            if (BinaryData.Wants(request, response.Outputs[i].Name))
            {
                isBinary = true;
                body.Write(response.RawOutputContents[i].Span);
            }
        }

        return new InferBody(body.WrittenMemory, isBinary ? jsonLength : null);
    }

    private static void WriteJson(Utf8JsonWriter json, ModelInferRequest request, ModelInferResponse response, Action<Utf8JsonWriter>? addParameters)
    {
        json.WriteStartObject();
        json.WriteString("model_name", response.ModelName);
        json.WriteString("model_version", response.ModelVersion);
        if (response.Id.Length > 0)
        {
            json.WriteString("id", response.Id);
        }

        if (addParameters is not null)
        {
            json.WriteStartObject("parameters");
            addParameters(json);
            json.WriteEndObject();
        }

        json.WriteStartArray("outputs");
        for (int i = 0; i < response.Outputs.Count; i++)
        {
            WriteOutput(json, response.Outputs[i], response.RawOutputContents[i].Span, BinaryData.Wants(request, response.Outputs[i].Name));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter json, ModelInferResponse.Types.InferOutputTensor output, ReadOnlySpan<byte> data, bool asBytes)
    {
        json.WriteStartObject();
        json.WriteString("name", output.Name);
        json.WriteString("datatype", output.Datatype);
        json.WriteStartArray("shape");
        foreach (long size in output.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        if (asBytes)
        {
            json.WriteStartObject("parameters");
            json.WriteNumber(BinaryData.SizeParameter, data.Length);
            json.WriteEndObject();
        }
        else
        {
            json.WritePropertyName("data");
            TensorDataWriter.Write(json, output.Datatype, data);
        }

        json.WriteEndObject();
    }
}
