using System.Text.Json;
using Google.Protobuf.Collections;
using Inference;

namespace Ncn.OpenInference.Json;

/// <summary>Reads a <c>parameters</c> object: texts, numbers and booleans by name.</summary>
internal static class ParameterReader
{
    public static void Read(ref Utf8JsonReader json, MapField<string, InferParameter> target, string owner)
    {
        if (JsonCursor.IsNull(ref json))
        {
            return;
        }

        JsonCursor.MustBeObject(ref json, $"parameters of {owner} must be an object.");
        while (JsonCursor.NextMember(ref json))
        {
            string name = json.GetString()!;
            json.Read();
            Add(target, name, ReadValue(ref json, name), owner);
        }
    }

    private static void Add(MapField<string, InferParameter> target, string name, InferParameter? value, string owner)
    {
        if (name.Length > CodecLimits.MaxNameLength || target.Count == CodecLimits.MaxParameters)
        {
            throw new OpenInferenceException($"parameters of {owner} may have {CodecLimits.MaxParameters} members with names of at most {CodecLimits.MaxNameLength} characters.");
        }

        if (target.ContainsKey(name))
        {
            throw new OpenInferenceException($"The parameter {name} is given twice in {owner}.");
        }

        if (value is not null)
        {
            target.Add(name, value);
        }
    }

    private static InferParameter? ReadValue(ref Utf8JsonReader json, string name) => json.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.True => new InferParameter { BoolParam = true },
        JsonTokenType.False => new InferParameter { BoolParam = false },
        JsonTokenType.String => new InferParameter { StringParam = JsonCursor.OptionalText(ref json, name, CodecLimits.MaxParameterLength) },
        JsonTokenType.Number => Number(ref json, name),
        _ => throw new OpenInferenceException($"The parameter {name} must be a string, a number, or true or false."),
    };

    private static InferParameter Number(ref Utf8JsonReader json, string name) =>
        json.TryGetInt64(out long whole) ? new InferParameter { Int64Param = whole }
        : json.TryGetUInt64(out ulong large) ? new InferParameter { Uint64Param = large }
        : json.TryGetDouble(out double number) && double.IsFinite(number) ? new InferParameter { DoubleParam = number }
        : throw new OpenInferenceException($"The parameter {name} is a number beyond the range of a double.");
}
