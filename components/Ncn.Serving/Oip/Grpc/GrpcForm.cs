using System.Text;
using Google.Protobuf;
using Inference;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip.Text;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Oip.Grpc;

/// <summary>Answers of the Open Inference Protocol over gRPC: kept as a serialised message.</summary>
internal sealed class GrpcForm : IAnswerForm
{
    /// <summary>The dialect of requests that came over gRPC.</summary>
    public const string Name = "infer-grpc";

    private const string MessageType = "application/x-protobuf";

    public string Dialect => Name;

    public StoredAnswer Whole(AnswerContext context, IReadOnlyList<RunPart> parts, AnswerCost cost)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(cost);
        return Stored(Response(ModelInferRequest.Parser.ParseFrom(context.Body.Span), parts, cost), parts, cost);
    }

    public string Error(ApiError error) => Encoding.UTF8.GetString(OipError.Body(error));

    public IEnumerable<StreamEvent> Replay(AnswerContext context, StoredAnswer answer) =>
        throw new NotSupportedException("An answer over gRPC is given again as messages, not as events.");

    public IAnswerEvents? Stream(AnswerContext context) => null;

    /// <summary>The answer to a request that ended, with what NCN adds to it as parameters.</summary>
    public static ModelInferResponse Response(ModelInferRequest request, IReadOnlyList<RunPart> parts, AnswerCost cost)
    {
        var end = parts.OfType<RunPart.Finished>().Last();
        var tensors = parts.OfType<RunPart.Tensors>().FirstOrDefault();
        var response = tensors?.Response.Clone()
            ?? TextTensors.Response(request, end.Offer, string.Concat(parts.OfType<RunPart.Text>().Select(static part => part.Content)));
        response.Id = request.Id;
        Describe(response, end, cost);
        return response;
    }

    /// <summary>States what was used, what it cost and the node's receipt.</summary>
    public static void Describe(ModelInferResponse response, RunPart.Finished end, AnswerCost cost)
    {
        if (end.Offer.Kind == ModelOffer.Decoder)
        {
            response.Parameters["finish_reason"] = new InferParameter { StringParam = end.FinishReason };
            response.Parameters["prompt_tokens"] = new InferParameter { Int64Param = end.PromptTokens };
            response.Parameters["completion_tokens"] = new InferParameter { Int64Param = end.CompletionTokens };
        }

        response.Parameters["ncn"] = new InferParameter { StringParam = Evidence.Of(end, cost.Amount, cost.Settlement).ToJson().ToJsonString() };
        if (cost.Settlement is { } settlement)
        {
            response.Parameters[GrpcCall.ResponseParameter] = new InferParameter { StringParam = X402Header.Encode(settlement) };
        }
    }

    public static StoredAnswer Stored(ModelInferResponse response, IReadOnlyList<RunPart> parts, AnswerCost cost)
    {
        var end = parts.OfType<RunPart.Finished>().Last();
        var headers = StoredAnswers.Headers(end.Receipt.Message.RequestId, cost.Amount, cost.Settlement);
        headers["Content-Type"] = MessageType;
        return new StoredAnswer(200, Convert.ToBase64String(response.ToByteArray()), headers, cost.Amount, end.Evidence) { IsBase64 = true };
    }

    /// <summary>The message of an answer that was kept. Throws <see cref="ApiException"/> for one that was a refusal.</summary>
    public static ModelInferResponse Read(StoredAnswer answer)
    {
        if (answer is { StatusCode: 200, IsBase64: true })
        {
            return ModelInferResponse.Parser.ParseFrom(Convert.FromBase64String(answer.Body));
        }

        using var body = JsonBody.Parse(Encoding.UTF8.GetBytes(answer.Body));
        var text = body.RootElement.TryGetProperty("error", out var error) ? error.ToString() : answer.Body;
        throw new ApiException(new ApiError(answer.StatusCode, "request_failed", text));
    }
}
