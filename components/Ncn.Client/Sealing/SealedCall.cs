using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Client.Inference;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;

namespace Ncn.Client.Sealing;

/// <summary>The node or the way to it was lost before the answer's end; another node can go on.</summary>
internal sealed class SealedLossException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>One request sealed for one node, and its answer, every part of which is checked.</summary>
/// <remarks>
/// 1. Seal and send. 2. Open each part: in order, of this answer. 3. The sealed end must have come before the stream's. 4. The receipt is
/// the node's, for these sealed bytes both ways, this model and seed.
/// </remarks>
internal sealed class SealedCall : IDisposable
{
    private static readonly Uri Path = new("v1/sealed", UriKind.Relative);

    private readonly HttpClient http;
    private readonly SealedNode node;
    private readonly Eip712Domain network;
    private readonly ulong seed;
    private readonly Input sent;
    private readonly SealedAnswerReader answer;
    private readonly List<byte[]> parts = [];
    private uint tokens;

    public SealedCall(HttpClient http, SealedNode node, Eip712Domain network, Input input, uint most, ulong seed, TimeProvider time)
    {
        (this.http, this.node, this.network, this.seed) = (http, node, network, seed);
        using var ephemeral = HpkePrivateKey.Derive(RandomNumberGenerator.GetBytes(HpkePrivateKey.Size));
        (var box, answer) = SealedRequest.Seal(
            node.Key, node.Offer.Digest, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), input.ToByteArray(), ephemeral); // 1
        sent = new Input
        {
            Sealed = new SealedInput
            {
                EncapsulatedKey = ByteString.CopyFrom(box.EncapsulatedKey.Span),
                Ciphertext = ByteString.CopyFrom(box.Ciphertext.Span),
                KeyId = ByteString.CopyFrom(box.KeyId.Span),
                MaxTokens = most,
            },
        };
    }

    /// <summary>The node's last words: finish reason and fingerprints. Null until they came.</summary>
    public Completed? End { get; private set; }

    /// <summary>Tokens and payment as the gateway counts them; null until the end.</summary>
    public TokenUsage? Usage { get; private set; }

    /// <summary>Payment and receipt, checked; null until the end.</summary>
    public NcnMember? Network { get; private set; }

    /// <summary>The answer's content.</summary>
    /// <exception cref="NcnException">The gateway refused, or changed, moved, made up or cut off something.</exception>
    /// <exception cref="SealedLossException">The node was lost.</exception>
    public async IAsyncEnumerable<Chunk> RunAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await SendAsync(cancellation);
        await using var events = await response.Content.ReadAsStreamAsync(cancellation);
        await foreach (var data in ServerEvents.ReadAsync(events, cancellation))
        {
            using var document = Parse(data ?? throw new SealedLossException(ServerEvents.BrokenOff));
            if (Open(document.RootElement) is { } chunk)
            {
                yield return chunk;
            }
        }

        Finish();
    }

    public void Dispose() => answer.Dispose();

    private async Task<HttpResponseMessage> SendAsync(CancellationToken cancellation)
    {
        var box = sent.Sealed;
        using var message = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = JsonContent.Create(
                new
                {
                    model = node.Offer.Name,
                    node = node.Operator,
                    encapsulatedKey = new HexBytes(box.EncapsulatedKey.Span),
                    ciphertext = box.Ciphertext.ToBase64(),
                    keyId = new HexBytes(box.KeyId.Span),
                    maxTokens = box.MaxTokens,
                    stream = true,
                    seed = seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
                },
                options: ProtocolJson.Options),
        };
        var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw Refusal(GatewayErrors.From(response.StatusCode, GatewayErrors.ParseOrNothing(await response.Content.ReadAsByteArrayAsync(cancellation))));
        }
    }

    private static Exception Refusal(NcnException refusal) =>
        refusal.Code is "node_gone" or "no_capacity" or "node_failed" or "nodes_failed" ? new SealedLossException(refusal.Message, refusal) : refusal;

    private Chunk? Open(JsonElement data)
    {
        if (data.TryGetProperty("error", out var error))
        {
            throw new SealedLossException(error.TryGetProperty("message", out var said) ? said.ToString() : "the stream failed");
        }

        if (data.TryGetProperty("part", out var part))
        {
            return Open(part.ValueKind == JsonValueKind.String && part.TryGetBytesFromBase64(out var bytes) ? bytes : throw Forged("a part that is no base64"));
        }

        Network = NcnMember.Read(data) ?? Network;
        Usage = data.TryGetProperty("usage", out var usage) ? UsageOf(usage) : Usage;
        return null;
    }

    private Chunk? Open(byte[] part)
    {
        if (!answer.TryOpen(part, out var content)) // 2
        {
            throw Forged($"part {parts.Count} is not the next one that the node sealed: it was changed, moved, left out or taken from another answer");
        }

        parts.Add(part);
        var opened = RunEvent.Parser.ParseFrom(content);
        End = opened.Completed ?? End;
        tokens += (uint)(opened.Chunk?.TokenIds.Count ?? 0);
        return opened.Chunk;
    }

    private void Finish()
    {
        if (!answer.IsComplete || End is null) // 3
        {
            throw Forged("the answer was cut off before the end that the node sealed");
        }

        if (Network is null || Problem(Network) is { } problem) // 4
        {
            throw Forged(Network is null ? "the answer came without a receipt" : Problem(Network)!);
        }
    }

    private string? Problem(NcnMember member)
    {
        var receipt = member.Receipt.Message;
        var rolling = new RollingOutputHash(receipt.RequestId, receipt.Attempt);
        parts.ForEach(part => rolling.Append([], part));
        return ReceiptCheck.Problem(member, network, [node.Offer.Digest])
            ?? (receipt.Node != node.Operator ? "the receipt is from another node than the one that the request was sealed for"
            : receipt.InputHash != Keccak256.Of(sent.ToByteArray()) ? "the receipt is for another request than the one that was sealed"
            : receipt.OutputHash != rolling.Value ? "the receipt is for another answer than the one that came"
            : receipt.Seed != seed ? "the receipt names another seed"
            : CountProblem(receipt) is { } miscount ? miscount
            : !FingerprintSet.TryDecode(End!.Fingerprints.Span, out var set, out _) || set.Root != receipt.FingerprintRoot ? "the fingerprints are not those of the receipt"
            : null);
    }

    // The gateway takes the node's word for what is in the sealed parts, and charges by it: the client alone can count.
    private string? CountProblem(Receipt receipt) =>
        node.Offer.Kind == ModelOffer.Decoder && receipt.CompletionTokens != tokens ? $"the receipt charges {receipt.CompletionTokens} tokens, and {tokens} came"
        : receipt.CompletionTokens > sent.Sealed.MaxTokens ? $"the receipt charges {receipt.CompletionTokens} tokens or rows, more than the {sent.Sealed.MaxTokens} that were asked for"
        : receipt.PromptTokens > SealedRequest.MostPromptTokens(sent.Sealed.Ciphertext.Length) ? $"the receipt charges {receipt.PromptTokens} prompt tokens, more than the request can have"
        : null;

    private static TokenUsage UsageOf(JsonElement usage)
    {
        int prompt = usage.GetProperty("promptTokens").GetInt32(), completion = usage.GetProperty("completionTokens").GetInt32();
        return new TokenUsage(prompt, completion, prompt + completion);
    }

    private static JsonDocument Parse(string data)
    {
        try
        {
            return JsonDocument.Parse(data);
        }
        catch (JsonException exception)
        {
            throw new NcnException("The gateway sent an event that is not JSON.", exception);
        }
    }

    private NcnException Forged(string what) => new($"The sealed answer of node {node.Operator} is not to be trusted: {what}.");
}
