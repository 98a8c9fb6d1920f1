using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Tests.OpenAi;

/// <summary>Parts of runs, and what forms make of them.</summary>
internal static class AnswerParts
{
    private static readonly ModelOffer Offer = new(
        new ModelDigest(Hash32.Parse("0x" + new string('a', 64))), "m", "1", ModelOffer.Decoder, new ModelPrice(new(10), new(2), new(6), default), 512, 1, 4096, "CPU", [], []);

    public static RequestId Request { get; } = new(Hash32.Parse("0x" + new string('3', 64)));

    public static AnswerCost Cost { get; } = new(new TokenAmount(75), null);

    public static AnswerContext Context(string body) => new(Request, "m", 1_790_000_000, Encoding.UTF8.GetBytes(body));

    public static RunPart.Text Text(string content, int choice = 0, params (string Token, float Logprob)[] logprobs) =>
        new([.. Enumerable.Repeat(7, Math.Max(1, logprobs.Length))], content, 0)
        {
            Choice = choice,
            Logprobs = logprobs.Length == 0 ? null : [.. logprobs.Select(static token => Logprobs(token.Token, token.Logprob))],
        };

    public static RunPart.Finished End(int choice = 0, string reason = "stop", uint rows = 0) => new(
        new Signed<Receipt>(
            new Receipt(Request, 0, default, default, Offer.Digest, default, default, 0, 11, 5, new TokenAmount(62), default, default, default, 1, 2), new Signature(new byte[Signature.Size])),
        Offer, reason, PromptTokens: 11, CompletionTokens: rows > 0 ? 0 : 5u, rows, Attempts: 1)
    {
        Choice = choice,
    };

    public static JsonElement Whole(IAnswerForm form, string body, params RunPart[] parts)
    {
        var answer = form.Whole(Context(body), parts, Cost);
        Assert.Equal(200, answer.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(answer.Body);
    }

    /// <summary>The chunks of a stream; the cost comes with the last part.</summary>
    public static IReadOnlyList<JsonElement> Stream(IAnswerForm form, string body, params RunPart[] parts)
    {
        var events = form.Stream(Context(body))!;
        Assert.Equal("[DONE]", events.End);
        return [.. parts.SelectMany((part, index) =>
            events.Write(part, index == parts.Length - 1 ? Cost : null).Select(static written => JsonSerializer.Deserialize<JsonElement>(written.Data.Span)).ToArray())];
    }

    public static IReadOnlyList<JsonElement> Replay(IAnswerForm form, string body, string streamed, params RunPart[] parts) =>
        [.. form.Replay(Context(streamed), form.Whole(Context(body), parts, Cost)).Select(static written => JsonSerializer.Deserialize<JsonElement>(written.Data.Span))];

    private static TokenLogprobs Logprobs(string token, float logprob)
    {
        var wire = new TokenLogprobs { Logprob = logprob, Text = ByteString.CopyFromUtf8(token) };
        wire.Top.Add(new TokenLogprob { TokenId = 7, Logprob = logprob, Text = ByteString.CopyFromUtf8(token) });
        wire.Top.Add(new TokenLogprob { TokenId = 8, Logprob = float.NegativeInfinity, Text = ByteString.CopyFrom(0xE2, 0x82) });
        return wire;
    }
}
