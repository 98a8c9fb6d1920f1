using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;

namespace Ncn.Client.Tests.Sealing;

/// <summary>A node as a sealed request sees it: opens what is for it, answers with one token a word, seals and signs like a real one.</summary>
internal sealed class SealingNode(byte number)
{
    public static readonly ModelDigest Model = new(Keccak256.Of("the model"u8));

    public static readonly string[] Words = ["one ", "two ", "three ", "four"];

    public Signer Signer { get; } = new(Enumerable.Repeat(number, 32).ToArray());

    public HpkePrivateKey Key { get; } = HpkePrivateKey.Derive(Enumerable.Repeat(number, 32).ToArray());

    /// <summary>What it was asked, opened.</summary>
    public List<Input> Asked { get; } = [];

    public Signed<NodeRecord> Record => Signer.Sign(
        new NodeRecord(
            Signer.Address, 1, "127.0.0.1:1", [1], [new ModelOffer(Model, "m", "1", ModelOffer.Decoder, ModelPrice.Free, 512, 1, 4096, "CPU", [], [])],
            4, new HexBytes(Key.PublicKey.Span), 1, ulong.MaxValue),
        Receipts.Domain);

    /// <summary>The sealed parts, the end last.</summary>
    public List<byte[]> Answer(Input input)
    {
        var opened = SealedRequest.Open(Key, Model, input.Sealed.EncapsulatedKey.Span, input.Sealed.Ciphertext.Span)!;
        var asked = Input.Parser.ParseFrom(opened.Input);
        Asked.Add(asked);
        using var writer = new SealedAnswerWriter(opened.Context, new byte[SealedAnswerWriter.SaltSize]);
        var committed = asked.Generate.CommittedTokens.Count;
        var content = Words.Skip(committed).Take((int)asked.Generate.MaxTokens - committed).Select((word, i) => new RunEvent { Chunk = new Chunk { Index = (uint)i, Text = word, TokenIds = { committed + i } } });
        List<byte[]> parts = [.. content.Select(each => writer.Seal(each.ToByteArray(), isLast: false))];
        parts.Add(writer.Seal(new RunEvent { Completed = new Completed { FinishReason = "stop", Fingerprints = ByteString.CopyFrom(FingerprintSet.Of([]).Encode()) } }.ToByteArray(), isLast: true));
        return parts;
    }

    public Signed<Receipt> Receipt(Input input, ulong seed, IEnumerable<byte[]> parts)
    {
        var rolling = new RollingOutputHash(default, 0);
        uint tokens = 0;
        foreach (var (part, i) in parts.Select(static (part, i) => (part, (uint)i)))
        {
            rolling.Append([], part);
            tokens = i; // The last part is the end, all others have one.
        }

        return Signer.Sign(
            new Receipt(
                default, 0, Signer.Address, Receipts.Node.Address, Model, Keccak256.Of(input.ToByteArray()), rolling.Value, seed, 9, tokens, default, default, default,
                FingerprintSet.Of([]).Root, 1, 2),
            Receipts.Domain);
    }
}

/// <summary>A gateway between client and nodes, honest unless a test makes it cheat.</summary>
internal sealed class SealingGateway(params SealingNode[] nodes) : HttpMessageHandler
{
    /// <summary>Everything that passed through it.</summary>
    public StringBuilder Seen { get; } = new();

    /// <summary>How it presents the nodes' records.</summary>
    public Func<Signed<NodeRecord>, Signed<NodeRecord>> Show { get; init; } = static record => record;

    /// <summary>What it does to the parts on their way; what comes out is all that the client gets.</summary>
    public Func<List<byte[]>, List<byte[]>> Relay { get; init; } = static parts => parts;

    public Func<Signed<Receipt>, Signed<Receipt>> Hand { get; init; } = static receipt => receipt;

    /// <summary>How many more streams break off after one part, without an end.</summary>
    public int Breaks { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get)
        {
            var listing = nodes.Select((node, i) => new { record = Show(node.Record), freeSlots = nodes.Length - i });
            return Answer(JsonSerializer.Serialize(new { nodes = listing }, ProtocolJson.Options));
        }

        var text = await request.Content!.ReadAsStringAsync(cancellationToken);
        Seen.Append(text);
        return Answer(Stream(JsonSerializer.Deserialize<JsonElement>(text)));
    }

    private string Stream(JsonElement body)
    {
        var node = nodes.Single(each => each.Signer.Address.ToString() == body.GetProperty("node").GetString());
        var input = new Input
        {
            Sealed = new SealedInput
            {
                EncapsulatedKey = ByteString.CopyFrom(Hex.ParseBytes(body.GetProperty("encapsulatedKey").GetString()!)),
                Ciphertext = ByteString.CopyFrom(body.GetProperty("ciphertext").GetBytesFromBase64()),
                KeyId = ByteString.CopyFrom(Hex.ParseBytes(body.GetProperty("keyId").GetString()!)),
                MaxTokens = body.GetProperty("maxTokens").GetUInt32(),
            },
        };
        var parts = node.Answer(input);
        if (Breaks-- > 0)
        {
            return Event(new { part = parts[0] });
        }

        var receipt = Hand(node.Receipt(input, ulong.Parse(body.GetProperty("seed").GetString()!), parts));
        var end = new
        {
            usage = new { promptTokens = 9, completionTokens = 4 },
            ncn = new { requestId = default(RequestId), node = node.Signer.Address, modelDigest = SealingNode.Model, cost = "0", attempts = 1, receipt },
        };
        return string.Concat(Relay(parts).Select(part => Event(new { part }))) + Event(end) + "data: [DONE]\n\n";
    }

    private string Event(object data)
    {
        var line = $"data: {JsonSerializer.Serialize(data, ProtocolJson.Options)}\n\n";
        Seen.Append(line);
        return line;
    }

    private static HttpResponseMessage Answer(string text) => new(HttpStatusCode.OK) { Content = new StringContent(text) };
}
