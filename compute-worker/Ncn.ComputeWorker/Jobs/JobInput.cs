using Google.Protobuf;
using Ncn.Inference.Embedding;
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

    /// <summary>Vectors of texts. What it uses is known beforehand: its tokens, and a row for each text.</summary>
    public sealed record Embed(LoadedEmbedding Model, EmbeddingInput Input) : JobInput
    {
        public override Usage Ceiling => new((uint)Input.PromptTokens, 0, (uint)Input.Tokens.Count);
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
                (LoadedDecoder decoder, Input.KindOneofCase.Generate) => new Generate(decoder, GenerationInput.Read(decoder.Engine, input.Generate, seed)),
                (LoadedTensorModel tensors, Input.KindOneofCase.Tensors) => ReadTensors(tensors, ModelInferRequest.Parser.ParseFrom(input.Tensors)),
                (LoadedEmbedding embedding, Input.KindOneofCase.Embed) => new Embed(embedding, ReadTexts(embedding, input.Embed)),
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

    private static EmbeddingInput ReadTexts(LoadedEmbedding model, EmbedInput input)
    {
        int dimensions = (int)Math.Min(input.Dimensions, int.MaxValue);
        return input.Tokens.Count == 0 ? model.Engine.Prepare(input.Texts, dimensions)
            : input.Texts.Count == 0 ? model.Engine.Prepare([.. input.Tokens.Select(text => text.Ids.ToArray())], dimensions)
            : throw Invalid("The input has texts and tokens; it must have one of them.");
    }

    private static Infer ReadTensors(LoadedTensorModel model, ModelInferRequest request)
    {
        IReadOnlyList<TensorValue> inputs = TensorContents.Read(request);
        string? problem = model.Engine.Signature.Problem(inputs, model.Manifest.Limits.MaxBatch, model.Manifest.Limits.MaxInputBytes);
        return problem is null ? new Infer(model, request, inputs) : throw Invalid(problem);
    }

    private static JobRefusedException Invalid(string message) => new(JobRefusalReason.Invalid, message);
}
