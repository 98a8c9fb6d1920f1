using Google.Protobuf.Collections;
using Inference;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Choice = Inference.InferParameter.ParameterChoiceOneofCase;

namespace Ncn.Serving.Oip.Text;

/// <summary>Reads the parameters of a text request: how much is generated and how tokens are chosen, in the ranges that OpenAI's members have.</summary>
internal static class TextParameters
{
    private const int MaxStopLength = 256;

    public static GenerateInput Read(MapField<string, InferParameter> parameters, string prompt, uint defaultMaxTokens)
    {
        var input = new GenerateInput
        {
            Prompt = prompt,
            MaxTokens = Math.Max(1, Whole(parameters, "max_tokens", defaultMaxTokens, 1_000_000)),
            Temperature = Number(parameters, "temperature", 0, 2),
            TopP = Number(parameters, "top_p", 0, 1),
            TopK = Whole(parameters, "top_k", 0),
            MinP = Number(parameters, "min_p", 0, 1),
            RepetitionPenalty = Number(parameters, "repetition_penalty", 0, 2),
            PresencePenalty = Number(parameters, "presence_penalty", -2, 2),
            FrequencyPenalty = Number(parameters, "frequency_penalty", -2, 2),
        };
        if (Text(parameters, "stop", MaxStopLength) is { Length: > 0 } stop)
        {
            input.Stop.Add(stop);
        }

        return input;
    }

    /// <summary>The seed; null without one.</summary>
    public static ulong? Seed(MapField<string, InferParameter> parameters) => !parameters.TryGetValue("seed", out var value) ? null
        : value.ParameterChoiceCase switch
        {
            Choice.Uint64Param => value.Uint64Param,
            Choice.Int64Param when value.Int64Param >= 0 => (ulong)value.Int64Param,
            _ => throw Bad("The parameter seed must be a whole number from 0."),
        };

    public static uint Whole(MapField<string, InferParameter> parameters, string name, uint otherwise, uint most = int.MaxValue)
    {
        if (!parameters.TryGetValue(name, out var value))
        {
            return otherwise;
        }

        var number = value.ParameterChoiceCase switch
        {
            Choice.Int64Param when value.Int64Param >= 0 => (ulong)value.Int64Param,
            Choice.Uint64Param => value.Uint64Param,
            _ => ulong.MaxValue,
        };
        return number <= most ? (uint)number : throw Bad($"The parameter {name} must be a whole number from 0 to {most}.");
    }

    /// <summary>A text; null without one.</summary>
    public static string? Text(MapField<string, InferParameter> parameters, string name, int maxLength) => !parameters.TryGetValue(name, out var value) ? null
        : value.ParameterChoiceCase == Choice.StringParam && value.StringParam.Length <= maxLength ? value.StringParam
        : throw Bad($"The parameter {name} must be a text of at most {maxLength} characters.");

    /// <summary>True or false; <paramref name="otherwise"/> without it.</summary>
    public static bool Flag(MapField<string, InferParameter> parameters, string name, bool otherwise) => !parameters.TryGetValue(name, out var value) ? otherwise
        : value.ParameterChoiceCase == Choice.BoolParam ? value.BoolParam
        : throw Bad($"The parameter {name} must be true or false.");

    public static ApiException Bad(string message) => new(ApiError.BadRequest("invalid_request", message));

    private static float Number(MapField<string, InferParameter> parameters, string name, double least, double most)
    {
        if (!parameters.TryGetValue(name, out var value))
        {
            return 0;
        }

        var number = value.ParameterChoiceCase switch
        {
            Choice.DoubleParam => value.DoubleParam,
            Choice.Int64Param => value.Int64Param,
            Choice.Uint64Param => value.Uint64Param,
            _ => double.NaN,
        };
        return number >= least && number <= most ? (float)number : throw Bad($"The parameter {name} must be a number from {least} to {most}.");
    }
}
