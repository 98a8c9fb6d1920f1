using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Sealed requests made by hand, as a client of another language would make them.</summary>
internal static class SealedRequests
{
    /// <summary>A body of POST /v1/sealed for the first node that the gateway lists, and what opens the answer.</summary>
    public static async Task<(string Body, SealedAnswerReader Answer)> SealAsync(
        Uri gateway, string question, bool stream = false, int maxTokens = 32, string? node = null)
    {
        var listed = (await Web.GetJsonAsync(new Uri(gateway, "v1/models/tiny-chat/sealed-keys"))).GetProperty("nodes")[0].GetProperty("record").GetProperty("message");
        var record = listed.Deserialize<NodeRecord>(ProtocolJson.Options)!;
        var generate = new GenerateInput { MessagesJson = JsonSerializer.Serialize(new[] { new { role = "user", content = question } }), MaxTokens = (uint)maxTokens };
        using var ephemeral = HpkePrivateKey.Derive(RandomNumberGenerator.GetBytes(HpkePrivateKey.Size));
        Assert.True(HpkePublicKey.TryParse(record.EncryptionKey.Span, out var key));
        var (box, answer) = SealedRequest.Seal(
            key, record.Models.Single(static offer => offer.Name == "tiny-chat").Digest, (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), new Input { Generate = generate }.ToByteArray(), ephemeral);
        var body = new
        {
            model = "tiny-chat",
            node = node ?? record.Operator.ToString(),
            encapsulatedKey = new HexBytes(box.EncapsulatedKey.Span),
            ciphertext = Convert.ToBase64String(box.Ciphertext.Span),
            keyId = box.KeyId,
            maxTokens,
            stream,
        };
        return (JsonSerializer.Serialize(body, ProtocolJson.Options), answer);
    }

    /// <summary>The words of a whole answer; its last part must be the sealed end.</summary>
    public static string Open(JsonElement whole, SealedAnswerReader answer)
    {
        var text = new StringBuilder();
        foreach (var part in whole.GetProperty("parts").EnumerateArray())
        {
            Assert.True(answer.TryOpen(part.GetBytesFromBase64(), out var content));
            text.Append(RunEvent.Parser.ParseFrom(content).Chunk?.Text);
        }

        Assert.True(answer.IsComplete);
        return text.ToString();
    }
}

/// <summary>Everything that passes between a client and a gateway, as text.</summary>
internal sealed class Traffic(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly StringBuilder seen = new();

    public string Seen => seen.ToString();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        seen.Append(request.RequestUri).Append(request.Headers);
        seen.Append(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        seen.Append(response.Headers).Append(await response.Content.ReadAsStringAsync(cancellationToken));
        return response;
    }
}
