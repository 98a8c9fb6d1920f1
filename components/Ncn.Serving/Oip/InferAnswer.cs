using System.Text;
using Inference;
using Ncn.Actors;
using Ncn.OpenInference.Json;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Requests;
using BinaryData = Ncn.OpenInference.BinaryData;

namespace Ncn.Serving.Oip;

/// <summary>An inference response in the form that was asked for, with what NCN adds under parameters.ncn.</summary>
internal static class InferAnswer
{
    /// <summary>The answer as it is kept for a repeat.</summary>
    public static StoredAnswer Of(ModelInferRequest request, ModelInferResponse response, RunPart.Finished end, TokenAmount cost, SettlementResponse? settlement)
    {
        var body = InferResponseWriter.Write(request, response, json =>
        {
            json.WritePropertyName("ncn");
            Evidence.Of(end, cost, settlement).ToJson().WriteTo(json);
        });
        var headers = StoredAnswers.Headers(end.Receipt.Message.RequestId, cost, settlement);
        if (body.HeaderLength is not { } length)
        {
            return new StoredAnswer(200, Encoding.UTF8.GetString(body.Bytes.Span), headers, cost, end.Evidence);
        }

        headers["Content-Type"] = body.ContentType;
        headers[BinaryData.Header] = length;
        return new StoredAnswer(200, Convert.ToBase64String(body.Bytes.Span), headers, cost, end.Evidence) { IsBase64 = true };
    }
}
