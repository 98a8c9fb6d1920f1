using System.Text;
using System.Text.Unicode;
using Inference;
using Ncn.OpenInference;
using Ncn.OpenInference.Messages;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Oip.Text;

/// <summary>
/// Text models as tensors, as Triton's text backends have them: the prompt in <c>text_input</c>, the answer in <c>text_output</c>, the
/// rest in the request's parameters.
/// </summary>
internal static class TextTensors
{
    /// <summary>The input with the prompt, and with an embedding model's texts.</summary>
    public const string Input = "text_input";

    /// <summary>The output with the answer.</summary>
    public const string Output = "text_output";

    // What a tokenizer adds to a prompt: marks of beginning and end.
    private const int AddedTokens = 8;

    private static readonly TensorSignature Decoder = new([new TensorSpec(Input, "BYTES", [1])], [new TensorSpec(Output, "BYTES", [1])]);

    /// <summary>What a model takes and gives, in the protocol's terms.</summary>
    public static TensorSignature SignatureOf(ModelOffer offer) => offer.Kind switch
    {
        ModelOffer.Decoder => Decoder,
        ModelOffer.Embedding => new TensorSignature([new TensorSpec(Input, "BYTES", [-1])], offer.Outputs),
        _ => new TensorSignature(offer.Inputs, offer.Outputs),
    };

    /// <summary>What a decoder gets, and the most that it can use. Throws <see cref="ApiException"/> that says what is wrong.</summary>
    public static (GenerateInput Input, Usage Limit) Prompt(ModelInferRequest request, ModelOffer offer, uint defaultMaxTokens)
    {
        var texts = Texts(request, offer, maxRows: 1);
        var input = TextParameters.Read(request.Parameters, texts[0], defaultMaxTokens);
        return (input, new Usage((uint)(Encoding.UTF8.GetByteCount(texts[0]) + AddedTokens), input.MaxTokens, 0));
    }

    /// <summary>What an embedding model gets, and what it is priced by.</summary>
    public static (EmbedInput Input, Usage Limit) Embed(ModelInferRequest request, ModelOffer offer)
    {
        var input = new EmbedInput { Dimensions = TextParameters.Whole(request.Parameters, "dimensions", 0) };
        input.Texts.AddRange(Texts(request, offer, offer.MaxBatch));
        return (input, new Usage(0, 0, (uint)input.Texts.Count));
    }

    /// <summary>An answer, or a piece of one.</summary>
    public static ModelInferResponse Response(ModelInferRequest request, ModelOffer offer, string text) => TensorContents.Write(
        request.Id, offer.Name, offer.Version,
        [new TensorValue(Output, TensorDatatype.BYTES, [1], TensorValue.FromByteElements([Encoding.UTF8.GetBytes(text)]))]);

    private static string[] Texts(ModelInferRequest request, ModelOffer offer, long maxRows)
    {
        try
        {
            var inputs = TensorContents.Read(request);
            var signature = SignatureOf(offer);
            var problem = signature.Problem(inputs, maxRows, offer.MaxInputBytes)
                ?? signature.OutputProblem([.. request.Outputs.Select(static output => output.Name)]);
            return problem is null
                ? [.. inputs[0].ByteElements()!.Select(static text => TextOf(text.Span))]
                : throw TextParameters.Bad($"{offer.Name}: {problem}.");
        }
        catch (OpenInferenceException refused)
        {
            throw TextParameters.Bad(refused.Message);
        }
    }

    private static string TextOf(ReadOnlySpan<byte> text) =>
        Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw TextParameters.Bad($"{Input} is not valid UTF-8.");
}
