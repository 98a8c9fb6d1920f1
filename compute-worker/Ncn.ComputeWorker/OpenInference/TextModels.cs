using System.Text;
using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Inference;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference;
using Ncn.Inference.Embedding;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.OpenInference;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>
/// Text models as tensors, by the names that Triton's generate calls use: a prompt in <c>text_input</c>, the answer in <c>text_output</c>,
/// everything else in the request's parameters.
/// </summary>
internal static class TextModels
{
    /// <summary>One text in, one text out.</summary>
    public static TensorSignature DecoderSignature { get; } = new([new TensorSpec("text_input", "BYTES", [1])], [new TensorSpec("text_output", "BYTES", [1])]);

    private const int DefaultMaxTokens = 256;

    /// <summary>Texts in, a vector and a number of tokens for each out.</summary>
    public static TensorSignature SignatureOf(LoadedEmbedding model) => new([new TensorSpec("text_input", "BYTES", [-1])], model.Engine.Outputs);

    /// <summary>What the protocol calls the model's runtime.</summary>
    public static string PlatformOf(LoadedModel model) => model is LoadedDecoder ? "onnxruntime_genai" : ModelDocument.Onnx;

    /// <summary>Generates one answer, whole.</summary>
    /// <exception cref="InferenceException">The request does not fit the model.</exception>
    public static async Task<IReadOnlyList<TensorValue>> GenerateAsync(
        LoadedDecoder model, ModelInferRequest request, IReadOnlyList<TensorValue> inputs, string[] outputs, CancellationToken cancellationToken)
    {
        string? problem = DecoderSignature.Problem(inputs, maxRows: 1, model.Manifest.Limits.MaxInputBytes) ?? DecoderSignature.OutputProblem(outputs);
        if (problem is not null)
        {
            throw InferenceException.Invalid(problem);
        }

        GenerateInput input = Read(request.Parameters, TextOf(inputs[0].Data.Span[4..]));
        byte[] job = new Input { Generate = input }.ToByteArray();
        var parsed = (JobInput.Generate)JobInput.Parse(job, model, Seed(request.Parameters));
        var text = new StringBuilder();
        await foreach (GenerationEvent next in model.Engine.GenerateAsync(parsed.Request, cancellationToken))
        {
            text.Append(next switch
            {
                GenerationEvent.Token token => token.Text,
                GenerationEvent.Finished finished => finished.Text,
                _ => "",
            });
        }

        byte[] raw = TensorValue.FromByteElements([Encoding.UTF8.GetBytes(text.ToString())]);
        return [new TensorValue("text_output", TensorDatatype.BYTES, [1], raw)];
    }

    /// <summary>Turns texts into vectors; the parameter <c>dimensions</c> keeps only the first numbers of each.</summary>
    /// <exception cref="InferenceException">The request does not fit the model.</exception>
    public static async Task<IReadOnlyList<TensorValue>> EmbedAsync(
        LoadedEmbedding model, ModelInferRequest request, IReadOnlyList<TensorValue> inputs, string[] outputs, CancellationToken cancellationToken)
    {
        TensorSignature signature = SignatureOf(model);
        string? problem = signature.Problem(inputs, model.Manifest.Limits.MaxBatch, model.Manifest.Limits.MaxInputBytes) ?? signature.OutputProblem(outputs);
        if (problem is not null)
        {
            throw InferenceException.Invalid(problem);
        }

        string[] texts = [.. inputs[0].ByteElements()!.Select(text => TextOf(text.Span))];
        EmbeddingAnswer answer = await model.Engine.RunAsync(model.Engine.Prepare(texts, (int)Whole(request.Parameters, "dimensions", 0)), cancellationToken);
        IReadOnlyList<TensorValue> all = answer.ToTensors();
        return outputs.Length == 0 ? all : [.. outputs.Select(name => all.Single(tensor => tensor.Name == name))];
    }

    private static string TextOf(ReadOnlySpan<byte> text) =>
        Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw InferenceException.Invalid("text_input is not valid UTF-8");

    private static GenerateInput Read(MapField<string, InferParameter> parameters, string prompt)
    {
        var input = new GenerateInput
        {
            Prompt = prompt,
            MaxTokens = Whole(parameters, "max_tokens", DefaultMaxTokens),
            Temperature = Number(parameters, "temperature"),
            TopP = Number(parameters, "top_p"),
            TopK = Whole(parameters, "top_k", 0),
            MinP = Number(parameters, "min_p"),
            RepetitionPenalty = Number(parameters, "repetition_penalty"),
            PresencePenalty = Number(parameters, "presence_penalty"),
            FrequencyPenalty = Number(parameters, "frequency_penalty"),
        };
        if (parameters.TryGetValue("stop", out InferParameter? stop))
        {
            input.Stop.Add(stop.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.StringParam ? stop.StringParam : throw Wrong("stop", "a text"));
        }

        return input;
    }

    private static uint Whole(MapField<string, InferParameter> parameters, string name, uint otherwise) =>
        !parameters.TryGetValue(name, out InferParameter? value) ? otherwise
        : value.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.Int64Param && value.Int64Param is >= 0 and <= int.MaxValue ? (uint)value.Int64Param
        : throw Wrong(name, $"a whole number from 0 to {int.MaxValue}");

    private static float Number(MapField<string, InferParameter> parameters, string name) =>
        !parameters.TryGetValue(name, out InferParameter? value) ? 0
        : value.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.DoubleParam => (float)value.DoubleParam,
            InferParameter.ParameterChoiceOneofCase.Int64Param => value.Int64Param,
            _ => throw Wrong(name, "a number"),
        };

    private static ulong Seed(MapField<string, InferParameter> parameters) =>
        !parameters.TryGetValue("seed", out InferParameter? value) ? 0
        : value.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Uint64Param => value.Uint64Param,
            InferParameter.ParameterChoiceOneofCase.Int64Param when value.Int64Param >= 0 => (ulong)value.Int64Param,
            _ => throw Wrong("seed", "a whole number from 0"),
        };

    private static InferenceException Wrong(string name, string form) => InferenceException.Invalid($"the parameter {name} must be {form}");
}
