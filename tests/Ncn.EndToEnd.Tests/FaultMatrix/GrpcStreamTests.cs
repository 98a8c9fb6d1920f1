using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.FaultMatrix;

/// <summary>The fault matrix's row for GatewayStream over gRPC: killed in the middle of a stream that its client can repeat.</summary>
[Collection(FragileNetwork.Name)]
public sealed class GrpcStreamTests(FragileNetwork shared)
{
    private const string GatewayStream = "stream-text";
    private const int MostTries = 8;
    private const int LengthBytes = sizeof(int);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Streaming_gateway_dies_under_a_stream_whose_repeat_has_the_same_words_and_is_paid_once()
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var before = await shared.Account.ReadSettledAsync(Soon);
            var request = Prompt("Count from 1 to 60", Guid.NewGuid().ToString());
            if (await ReadUntilKilledAsync(request) is { } heard)
            {
                await CheckAsync(request, heard, before);
                return;
            }

            await shared.Network.WaitUntilWholeAsync();
        }

        Assert.Fail($"In {MostTries} tries every answer was whole before its gateway died.");
    }

    private async Task CheckAsync(ModelInferRequest request, string heard, TokenAmount before)
    {
        var (text, cost) = await RepeatAsync(request);
        Assert.NotEmpty(heard);
        Assert.StartsWith(heard, text, StringComparison.Ordinal);
        Assert.Equal(before + cost, await shared.Account.ReadSettledAsync(Soon));
        Assert.Equal((text, cost), await RepeatAsync(request));
        Assert.Equal(before + cost, await shared.Account.ReadSettledAsync(Soon));
        await shared.Network.WaitUntilWholeAsync();
    }

    // While the registry stands still no answer can be kept, and so none can end. What the client had heard; null when the answer was whole by then.
    private async Task<string?> ReadUntilKilledAsync(ModelInferRequest request)
    {
        var (heard, pieces, registry) = (new StringBuilder(), 0, (Frozen?)null);
        using var channel = Channel();
        try
        {
            await foreach (var piece in shared.Account.PayingInference(channel.CreateCallInvoker()).StreamAsync(request))
            {
                heard.Append(TextOf(piece));
                if (++pieces == 2)
                {
                    registry = shared.Network.Freeze("registry");
                    shared.Network.KillApp(GatewayStream);
                }
            }

            return null;
        }
        catch (RpcException)
        {
            return heard.ToString();
        }
        finally
        {
            registry?.Dispose();
        }
    }

    private async Task<(string Text, TokenAmount Cost)> RepeatAsync(ModelInferRequest request)
    {
        var (text, cost) = await Poll.ForAsync<Tuple<string, TokenAmount>>("the repeat is answered", async () =>
        {
            using var channel = Channel();
            var pieces = new List<ModelInferResponse>();
            try
            {
                await foreach (var piece in shared.Account.PayingInference(channel.CreateCallInvoker()).StreamAsync(request))
                {
                    pieces.Add(piece);
                }
            }
            catch (RpcException notNow)
            {
                throw new HttpRequestException(notNow.Status.Detail, notNow);
            }

            return Tuple.Create(string.Concat(pieces.Select(TextOf)), CostOf(pieces[^1]));
        });
        return (text, cost);
    }

    // A text is its length and its bytes.
    private static string TextOf(ModelInferResponse piece) =>
        piece.RawOutputContents is [{ Length: > LengthBytes } text, ..] ? Encoding.UTF8.GetString(text.Span[LengthBytes..]) : "";

    private static TokenAmount CostOf(ModelInferResponse last) =>
        TokenAmount.Parse(JsonDocument.Parse(last.Parameters["ncn"].StringParam).RootElement.GetProperty("cost").GetString()!);

    private static ModelInferRequest Prompt(string question, string key) => new()
    {
        ModelName = "tiny-chat",
        Inputs =
        {
            new ModelInferRequest.Types.InferInputTensor
            {
                Name = "text_input", Datatype = "BYTES", Shape = { 1 },
                Contents = new InferTensorContents { BytesContents = { ByteString.CopyFrom(question, Encoding.UTF8) } },
            },
        },
        Parameters =
        {
            ["max_tokens"] = new InferParameter { Int64Param = 300 }, ["temperature"] = new InferParameter { DoubleParam = 0 },
            ["idempotency_key"] = new InferParameter { StringParam = key },
        },
    };

    private GrpcChannel Channel() => GrpcChannel.ForAddress($"http://{shared.Network.Grpc("text")}");
}
