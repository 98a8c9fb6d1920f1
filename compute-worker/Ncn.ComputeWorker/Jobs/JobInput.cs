using System.Text.Json;
using Google.Protobuf;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.OpenInference;
using Ncn.OpenInference.Messages;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using ModelInferRequest = Inference.ModelInferRequest;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>A job's input, parsed for the model that is to run it.</summary>
public abstract record JobInput
{
    private const int MaxMessages = 1024;

    private JobInput()
    {
    }

    /// <summary>The most that the job can use. Prefilling committed tokens is not paid: whoever makes a client lose a node bears it.</summary>
    public abstract Usage Ceiling { get; }

    /// <summary>A completion.</summary>
    public sealed record Generate(LoadedDecoder Model, GenerationRequest Request) : JobInput
    {
        public override Usage Ceiling =>
            new((uint)Request.Prompt.Length, (uint)(Request.MaxTokens - Request.Committed.Length), 0);
    }

    /// <summary>A run of a tensor model.</summary>
    public sealed record Infer(LoadedTensorModel Model, ModelInferRequest Request, IReadOnlyList<TensorValue> Inputs) : JobInput
    {
        public override Usage Ceiling => new(0, 0, Model.Engine.Signature.Rows(Inputs));
    }

    /// <summary>Parses the bytes of a compute <see cref="Input"/>.</summary>
    /// <exception cref="JobRefusedException">They are no input, or none for this model.</exception>
    /// <exception cref="Ncn.Inference.InferenceException">The content does not fit the model.</exception>
    public static JobInput Parse(ReadOnlyMemory<byte> bytes, LoadedModel model, ulong seed)
    {
        try
        {
            Input input = Input.Parser.ParseFrom(bytes.Span);
            return (model, input.KindCase) switch
            {
                (LoadedDecoder decoder, Input.KindOneofCase.Generate) => new Generate(decoder, ReadGeneration(decoder.Engine, input.Generate, seed)),
                (LoadedTensorModel tensors, Input.KindOneofCase.Tensors) => ReadTensors(tensors, ModelInferRequest.Parser.ParseFrom(input.Tensors)),
                _ => throw Invalid($"The input is of the kind {input.KindCase}, which the {model.Manifest.Kind} model {model.Manifest.Name} does not take."),
            };
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, "The input is not a serialised ncn.compute.v1.Input.", exception);
        }
        catch (OpenInferenceException exception)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, exception.Message, exception);
        }
    }

    private static Infer ReadTensors(LoadedTensorModel model, ModelInferRequest request)
    {
        IReadOnlyList<TensorValue> inputs = TensorContents.Read(request);
        string? problem = model.Engine.Signature.Problem(inputs, model.Manifest.Limits.MaxBatch, model.Manifest.Limits.MaxInputBytes);
        return problem is null ? new Infer(model, request, inputs) : throw Invalid(problem);
    }

    private static GenerationRequest ReadGeneration(DecoderModel model, GenerateInput input, ulong seed)
    {
        var request = new GenerationRequest
        {
            Prompt = input.MessagesJson.Length > 0 ? model.EncodeChat(Messages(input.MessagesJson)) : model.Encode(input.Prompt),
            Committed = input.CommittedTokens.ToArray(),
            MaxTokens = input.MaxTokens is > 0 and <= int.MaxValue ? (int)input.MaxTokens : throw Invalid("max_tokens must be 1 or more."),
            Stop = input.Stop,
            Sampling = new SamplingOptions(
                input.Temperature, input.TopK <= int.MaxValue ? (int)input.TopK : 0, input.TopP == 0 ? 1 : input.TopP, seed),
        };
        return model.Problem(request) is { } problem ? throw problem : request;
    }

    private static List<ChatMessage> Messages(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() is 0 or > MaxMessages)
            {
                throw Invalid($"messages must be an array of 1 to {MaxMessages} messages.");
            }

            return [.. document.RootElement.EnumerateArray().Select(Message)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is how the reader says that an escape is half of a surrogate pair; kinds are checked before they are read.
            throw new JobRefusedException(JobRefusalReason.Invalid, "messages is no JSON.", exception);
        }
    }

    private static ChatMessage Message(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String
            || !message.TryGetProperty("content", out JsonElement content))
        {
            throw Invalid("each message needs a role and a content.");
        }

        return new ChatMessage(role.GetString()!, Text(content));
    }

    /// <summary>A text, or the OpenAI form of a list of text parts.</summary>
    private static string Text(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Null => "",
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part =>
            part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String
                ? text.GetString()
                : throw Invalid("a message's content may have text parts only."))),
        _ => throw Invalid("a message's content must be a text or a list of text parts."),
    };

    private static JobRefusedException Invalid(string message) => new(JobRefusalReason.Invalid, message);
}
