using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Inference;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Oip;
using Ncn.Serving.Requests;
using BinaryData = Ncn.OpenInference.BinaryData;

namespace Ncn.Serving.Tests.Oip;

/// <summary>An answer is kept, and given again, in the form that was asked for.</summary>
public sealed class InferAnswerTests
{
    private static readonly ModelOffer Offer = new(default, "m", "1", ModelOffer.Tensor, ModelPrice.Free, 0, 1, 100, "CPU", [], []);
    private static readonly Receipt Receipt = new(default, 0, default, default, default, default, default, 0, 0, 1, default, default, default, default, 1, 2);
    private static readonly ModelInferResponse Response = new()
    {
        ModelName = "m",
        ModelVersion = "1",
        Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "o", Datatype = "UINT8", Shape = { 2 } } },
        RawOutputContents = { ByteString.CopyFrom(7, 0xFF) },
    };

    [Fact]
    public async Task Json_stays_json()
    {
        var (http, body) = await GiveAsync(new ModelInferRequest());
        Assert.Equal(("application/json", 0), (http.Response.ContentType, http.Response.Headers[BinaryData.Header].Count));
        Assert.Equal("[7,255]", JsonDocument.Parse(body).RootElement.GetProperty("outputs")[0].GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task Bytes_survive_being_kept_as_text()
    {
        var request = new ModelInferRequest { Parameters = { ["binary_data_output"] = new InferParameter { BoolParam = true } } };
        var (http, body) = await GiveAsync(request);
        Assert.Equal(BinaryData.ContentType, http.Response.ContentType);
        var length = int.Parse(http.Response.Headers[BinaryData.Header].ToString(), null);
        Assert.Equal([7, 0xFF], body[length..]);
        Assert.True(JsonDocument.Parse(Encoding.UTF8.GetString(body[..length])).RootElement.GetProperty("parameters").TryGetProperty("ncn", out _));
    }

    private static async Task<(HttpContext Http, byte[] Body)> GiveAsync(ModelInferRequest request)
    {
        using var signer = new Signer(Enumerable.Repeat((byte)7, 32).ToArray());
        var end = new RunPart.Finished(
            signer.Sign(Receipt, Eip712Domain.Network(1, signer.Address)), Offer, string.Empty, 0, 0, 1, Attempts: 1);
        var kept = JsonSerializer.Deserialize<StoredAnswer>(
            JsonSerializer.Serialize(InferAnswer.Of(request, Response, end, new TokenAmount(5), settlement: null), ProtocolJson.Options), ProtocolJson.Options)!;
        var http = new DefaultHttpContext();
        var body = new MemoryStream();
        http.Response.Body = body;
        await StoredAnswers.WriteAsync(http, kept);
        Assert.Equal("5", http.Response.Headers["x-ncn-cost"]);
        return (http, body.ToArray());
    }
}
