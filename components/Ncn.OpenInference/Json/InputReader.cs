using System.Text.Json;
using Google.Protobuf;
using Inference;
using Ncn.Protocol;

namespace Ncn.OpenInference.Json;

/// <summary>Reads one input: its name, type, shape and content, in whatever order they come.</summary>
internal static class InputReader
{
    private const string Form = "Each input must be an object {name, shape, datatype, data}.";

    public static void Read(ref Utf8JsonReader json, int jsonLength, BinaryData binary, ModelInferRequest request)
    {
        JsonCursor.MustBeObject(ref json, Form);
        var input = new ModelInferRequest.Types.InferInputTensor();
        TensorDatatype? datatype = null;
        Utf8JsonReader data = default;
        ByteString? content = null;
        var members = new SeenMembers("an input");
        while (JsonCursor.NextMember(ref json))
        {
            if (members.Is(ref json, "name"u8, 0))
            {
                input.Name = JsonCursor.Text(ref json, "name", CodecLimits.MaxNameLength);
            }
            else if (members.Is(ref json, "datatype"u8, 1))
            {
                datatype = ReadDatatype(ref json);
                input.Datatype = datatype.Value.Name();
            }
            else if (members.Is(ref json, "shape"u8, 2))
            {
                ReadShape(ref json, input);
            }
            else if (members.Is(ref json, "parameters"u8, 3))
            {
                ParameterReader.Read(ref json, input.Parameters, "an input");
            }
            else if (members.Is(ref json, "data"u8, 4))
            {
                // What it must look like may come only later: then it is passed over, and read at the end.
                if (datatype is { } known && members.Has(0) && members.Has(2))
                {
                    content = TensorDataReader.Read(ref json, input, known, jsonLength);
                }
                else
                {
                    data = json;
                    json.Skip();
                }
            }
            else
            {
                JsonCursor.SkipValue(ref json);
            }
        }

        if (datatype is not { } type || !members.Has(0) || !members.Has(2))
        {
            throw new OpenInferenceException(Form);
        }

        if (members.Has(4) && content is null)
        {
            content = TensorDataReader.Read(ref data, input, type, jsonLength);
        }

        request.Inputs.Add(input);
        request.RawInputContents.Add(OneOf(input, content, binary.Take(input)));
    }

    private static ByteString OneOf(ModelInferRequest.Types.InferInputTensor input, ByteString? content, ByteString? bytes)
    {
        if (input.Parameters.Keys.Any(static name => name.StartsWith("shared_memory_", StringComparison.Ordinal)))
        {
            throw new OpenInferenceException($"Input {input.Name} lies in shared memory, which this server does not offer; send data, or bytes with {BinaryData.SizeParameter}.");
        }

        return (content, bytes) switch
        {
            (null, null) => throw new OpenInferenceException($"Input {input.Name} must have data: an array, nested or flat in row-major order; or {BinaryData.SizeParameter}."),
            (not null, not null) => throw new OpenInferenceException($"Input {input.Name} has both data and {BinaryData.SizeParameter}; send one of them."),
            _ => content ?? bytes!,
        };
    }

    private static TensorDatatype ReadDatatype(ref Utf8JsonReader json)
    {
        string name = JsonCursor.Text(ref json, "datatype", CodecLimits.MaxNameLength);
        return TensorDatatypes.TryParse(name, out TensorDatatype datatype)
            ? datatype
            : throw new OpenInferenceException($"{name} is not a datatype of the protocol, such as FP32 or INT64.");
    }

    private static void ReadShape(ref Utf8JsonReader json, ModelInferRequest.Types.InferInputTensor input)
    {
        const string form = "shape must be an array of at most 8 whole numbers from 0.";
        JsonCursor.MustBeArray(ref json, form);
        while (JsonCursor.NextElement(ref json))
        {
            bool fits = json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long size) && size >= 0 && input.Shape.Count < CodecLimits.MaxDimensions;
            input.Shape.Add(fits ? json.GetInt64() : throw new OpenInferenceException(form));
        }
    }
}
