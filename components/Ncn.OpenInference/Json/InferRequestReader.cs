using System.Text.Json;
using System.Text.Unicode;
using Inference;

namespace Ncn.OpenInference.Json;

/// <summary>Reads an inference request as REST carries it: JSON, or JSON followed by the inputs' bytes (binary tensor data extension).</summary>
/// <remarks>
/// One pass over the text, numbers straight into the tensor's bytes. The result carries every input in raw_input_contents, whichever form it
/// came in; inputs that came as bytes are views of the body, which must therefore not be changed afterwards.
/// </remarks>
public static class InferRequestReader
{
    /// <summary>Reads the body of <c>POST /v2/models/{model}/infer</c>. The model's name and version are the caller's to set.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="headerLength">The value of <see cref="BinaryData.Header"/>; null or empty when there is none: all is JSON.</param>
    /// <exception cref="OpenInferenceException">The body is no inference request; says what is wrong, and where.</exception>
    public static ModelInferRequest Read(ReadOnlyMemory<byte> body, string? headerLength)
    {
        int length = string.IsNullOrEmpty(headerLength) ? body.Length : BinaryData.ReadHeader(headerLength, body.Length);
        ReadOnlySpan<byte> json = body.Span[..length];
        if (!Utf8.IsValid(json))
        {
            throw new OpenInferenceException("The body is not valid UTF-8; send JSON in UTF-8.");
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = CodecLimits.MaxDepth });
            var binary = new BinaryData(body[length..]);
            ModelInferRequest request = ReadRequest(ref reader, length, binary);
            binary.MustBeEmpty();
            return request;
        }
        catch (JsonException exception)
        {
            throw new OpenInferenceException(
                $"The body is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}); send an object of at most {CodecLimits.MaxDepth} levels.", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The reader's only way to say that an escape is half of a surrogate pair; kinds of tokens are checked before they are read.
            throw new OpenInferenceException("The body has an escaped half of a surrogate pair, which is no character; send whole characters.", exception);
        }
    }

    private static ModelInferRequest ReadRequest(ref Utf8JsonReader json, int jsonLength, BinaryData binary)
    {
        var request = new ModelInferRequest();
        JsonCursor.Begin(ref json);
        var members = new SeenMembers("the request");
        while (JsonCursor.NextMember(ref json))
        {
            if (members.Is(ref json, "inputs"u8, 0))
            {
                ReadInputs(ref json, jsonLength, binary, request);
            }
            else if (members.Is(ref json, "outputs"u8, 1))
            {
                ReadOutputs(ref json, request);
            }
            else if (members.Is(ref json, "id"u8, 2))
            {
                request.Id = JsonCursor.OptionalText(ref json, "id", CodecLimits.MaxIdLength);
            }
            else if (members.Is(ref json, "parameters"u8, 3))
            {
                ParameterReader.Read(ref json, request.Parameters, "the request");
            }
            else
            {
                JsonCursor.SkipValue(ref json);
            }
        }

        JsonCursor.End(ref json);
        BinaryData.CheckWishes(request);
        return members.Has(0) ? request : throw new OpenInferenceException("inputs must be an array of tensors {name, shape, datatype, data}.");
    }

    private static void ReadInputs(ref Utf8JsonReader json, int jsonLength, BinaryData binary, ModelInferRequest request)
    {
        JsonCursor.MustBeArray(ref json, "inputs must be an array of tensors {name, shape, datatype, data}.");
        while (JsonCursor.NextElement(ref json))
        {
            if (request.Inputs.Count == CodecLimits.MaxTensors)
            {
                throw new OpenInferenceException($"inputs has more than {CodecLimits.MaxTensors} tensors.");
            }

            InputReader.Read(ref json, jsonLength, binary, request);
        }
    }

    private static void ReadOutputs(ref Utf8JsonReader json, ModelInferRequest request)
    {
        if (JsonCursor.IsNull(ref json))
        {
            return;
        }

        JsonCursor.MustBeArray(ref json, "outputs must be an array of {name, parameters}.");
        while (JsonCursor.NextElement(ref json))
        {
            if (request.Outputs.Count == CodecLimits.MaxTensors)
            {
                throw new OpenInferenceException($"outputs has more than {CodecLimits.MaxTensors} entries.");
            }

            request.Outputs.Add(ReadOutput(ref json));
        }
    }

    private static ModelInferRequest.Types.InferRequestedOutputTensor ReadOutput(ref Utf8JsonReader json)
    {
        JsonCursor.MustBeObject(ref json, "Each output must be an object {name, parameters}.");
        var output = new ModelInferRequest.Types.InferRequestedOutputTensor();
        var members = new SeenMembers("an output");
        while (JsonCursor.NextMember(ref json))
        {
            if (members.Is(ref json, "name"u8, 0))
            {
                output.Name = JsonCursor.Text(ref json, "name", CodecLimits.MaxNameLength);
            }
            else if (members.Is(ref json, "parameters"u8, 1))
            {
                ParameterReader.Read(ref json, output.Parameters, "an output");
            }
            else
            {
                JsonCursor.SkipValue(ref json);
            }
        }

        return members.Has(0) ? output : throw new OpenInferenceException("Each output needs a name.");
    }
}
