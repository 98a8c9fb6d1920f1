using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Validator.Duty;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Duty;

/// <summary>One gateway's answers keep nothing from being learned of another.</summary>
public sealed class NodeBookTests
{
    private static readonly Address Node = Sample.Signer(1).Address;

    [Theory]
    [InlineData("text/html", "<html>")]
    [InlineData("application/json; charset=none", "{}")]
    [InlineData("application/json", "null")]
    [InlineData("application/json", "{\"version\":1,\"nodes\":[null,{},{\"record\":{\"operator\":\"0x00000000000000000000000000000000000000c3\",\"models\":[null],\"subnets\":[],\"grpcEndpoint\":\"\",\"encryptionKey\":\"0x\",\"expiresAt\":9000000000000},\"signature\":\"0x\"}]}")]
    [InlineData("application/json", "{\"version\":1,\"nodes\":[{\"record\":{\"models\":[null],\"subnets\":[],\"expiresAt\":9000000000000},\"signature\":\"SIG\"}]}")]
    public async Task Whatever_a_gateway_answers_the_others_are_asked(string type, string body)
    {
        var spoiled = body.Replace("SIG", Hex(), StringComparison.Ordinal);
        Assert.Equal(1UL, (await LookAsync((type, spoiled), Honest(1))).Find(Node)?.Sequence);
    }

    [Fact]
    public async Task A_gateway_that_makes_up_nodes_leaves_room_for_another_ones_and_the_newest_record_counts()
    {
        var made = Enumerable.Range(0, NodeBook.Most).Select(static number => Record(10_000 + (ulong)number, 1));
        var book = await LookAsync(("application/json", Listing([.. made])), Honest(1));
        Assert.Equal(1UL, book.Find(Node)?.Sequence);

        Assert.Equal(3UL, (await LookAsync(Honest(3), Honest(2))).Find(Node)?.Sequence);
        Assert.Equal(3UL, (await LookAsync(Honest(2), Honest(3))).Find(Node)?.Sequence);
    }

    private static async Task<NodeBook> LookAsync(params (string Type, string Body)[] answers)
    {
        using var http = new HttpClient(new Answers(answers));
        var book = new NodeBook([.. answers.Select(static (_, place) => new Uri($"https://gateway{place}.example/"))], Sample.Domains.Network, http, TimeProvider.System, NullLogger.Instance);
        await book.LookAsync(CancellationToken.None);
        return book;
    }

    private static (string, string) Honest(ulong sequence) => ("application/json", Listing(Record(1, sequence)));

    private static string Listing(params NodeView[] nodes) => JsonSerializer.Serialize(new RoutingSnapshot(1, nodes), ProtocolJson.Options);

    private static NodeView Record(ulong key, ulong sequence)
    {
        using var node = Sample.Signer(key);
        var record = node.Sign(new NodeRecord(node.Address, sequence, "node.example:1", [1], [], 1, default, 0, 9_000_000_000_000), Sample.Domains.Network);
        return new NodeView(record.Message, 0, 0, 0, null, record.Signature);
    }

    private static string Hex() => JsonSerializer.Deserialize<JsonElement>(JsonSerializer.Serialize(Record(1, 1).Signature, ProtocolJson.Options)).GetString()!;

    private sealed class Answers((string Type, string Body)[] answers) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var (type, body) = answers[request.RequestUri!.Host["gateway".Length] - '0'];
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        }
    }
}
