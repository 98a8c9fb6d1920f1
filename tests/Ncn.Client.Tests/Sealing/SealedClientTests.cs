using Ncn.Client.Inference;
using Ncn.Client.Sealing;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Sealing;

/// <summary>A client that seals its requests, against a gateway that cheats in every way that it can.</summary>
public sealed class SealedClientTests
{
    private const string Question = "a question that nobody else may read";
    private readonly SealingNode first = new(1);
    private readonly SealingNode second = new(2);

    [Fact]
    public async Task The_answer_is_read_and_the_gateway_saw_neither_it_nor_the_question()
    {
        var gateway = new SealingGateway(first);
        var answer = await AskAsync(gateway);
        Assert.Equal(("one two three four", "stop", 13), (answer.Content, answer.FinishReason, answer.Usage!.TotalTokens));
        Assert.Equal(first.Signer.Address, answer.Network!.Node);
        Assert.Contains(Question, first.Asked.Single().Generate.MessagesJson, StringComparison.Ordinal);
        foreach (var secret in (string[])[Question, "three", Convert.ToBase64String("three"u8)])
        {
            Assert.DoesNotContain(secret, gateway.Seen.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_node_that_is_lost_is_replaced_and_the_next_goes_on_after_the_tokens_that_are_here()
    {
        var answer = await AskAsync(new SealingGateway(first, second) { Breaks = 1 });
        Assert.Equal("one two three four", answer.Content);
        Assert.Equal([0], second.Asked.Single().Generate.CommittedTokens);
        Assert.Equal(second.Signer.Address, answer.Network!.Node);
        Assert.Contains("No trusted node is left", (await CaughtAsync(new SealingGateway(first, second) { Breaks = 2 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_only_the_end_was_lost_no_word_comes_twice()
    {
        var gateway = new SealingGateway(first, second) { Breaks = 1 };
        var answer = await Client(gateway).ChatAsync(Request() with { MaxTokens = 1 });
        Assert.Equal(("one ", 0), (answer.Content, second.Asked.Single().Generate.CommittedTokens.Count));
    }

    [Fact]
    public async Task A_swapped_key_is_caught_before_anything_is_sealed()
    {
        var gateway = new SealingGateway(first)
        {
            Show = record => record with { Message = record.Message with { EncryptionKey = new HexBytes(second.Key.PublicKey.Span) } },
        };
        Assert.Contains("did not sign", (await CaughtAsync(gateway)).Message, StringComparison.Ordinal);
        Assert.Empty(first.Asked);
    }

    [Fact]
    public async Task A_node_that_the_gateway_made_up_is_not_trusted()
    {
        var error = await Assert.ThrowsAsync<NcnException>(() => Client(new SealingGateway(first), trusted: second.Signer.Address).ChatAsync(Request()));
        Assert.Contains("None of the 1 nodes", error.Message, StringComparison.Ordinal);
        Assert.Empty(first.Asked);
    }

    public static TheoryData<string, Func<List<byte[]>, List<byte[]>>> Tampering => new()
    {
        { "cut off", parts => parts[..^1] },
        { "cut off", _ => [] },
        { "part 1 is not the next one", parts => [parts[0], parts[2], parts[1], .. parts[3..]] },
        { "part 1 is not the next one", parts => [parts[0], .. parts[2..]] },
        { "part 1 is not the next one", parts => [parts[0], parts[0], .. parts[1..]] },
        { "part 5 is not the next one", parts => [.. parts, parts[^1]] },
        { "part 0 is not the next one", parts => [[.. parts[0][..^1], (byte)(parts[0][^1] ^ 1)], .. parts[1..]] },
        { "part 3 is not the next one", parts => [.. parts[..3], [1, .. parts[3][1..]]] },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task Parts_that_are_cut_moved_repeated_or_changed_are_caught(string expected, Func<List<byte[]>, List<byte[]>> tamper) =>
        Assert.Contains(expected, (await CaughtAsync(new SealingGateway(first) { Relay = tamper })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Parts_of_another_answer_are_caught()
    {
        List<byte[]> before = [];
        await AskAsync(new SealingGateway(first) { Relay = parts => before = parts });
        Assert.Contains("part 0 is not", (await CaughtAsync(new SealingGateway(first) { Relay = _ => before })).Message, StringComparison.Ordinal);
        Assert.Contains("part 2 is not", (await CaughtAsync(new SealingGateway(first) { Relay = parts => [.. parts[..2], .. before[2..]] })).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Func<Receipt, Receipt>> FalseReceipts => new()
    {
        { "another request", receipt => receipt with { InputHash = default } },
        { "another answer", receipt => receipt with { OutputHash = default } },
        { "another seed", receipt => receipt with { Seed = receipt.Seed ^ 1 } },
        { "another model", receipt => receipt with { ModelDigest = default } },
        { "charges 5 tokens, and 4 came", receipt => receipt with { CompletionTokens = 5 } },
        { "more than the request can have", receipt => receipt with { PromptTokens = 1_000_000 } },
        { "fingerprints", receipt => receipt with { FingerprintRoot = receipt.InputHash } },
    };

    [Theory]
    [MemberData(nameof(FalseReceipts))]
    public async Task A_receipt_for_something_else_is_caught(string expected, Func<Receipt, Receipt> change)
    {
        var gateway = new SealingGateway(first) { Hand = receipt => first.Signer.Sign(change(receipt.Message), Receipts.Domain) };
        Assert.Contains(expected, (await CaughtAsync(gateway)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receipt_that_the_node_did_not_sign_is_caught()
    {
        var gateway = new SealingGateway(first) { Hand = receipt => second.Signer.Sign(receipt.Message, Receipts.Domain) };
        Assert.Contains("not signed by the node", (await CaughtAsync(gateway)).Message, StringComparison.Ordinal);
    }

    private static Task<ChatAnswer> AskAsync(SealingGateway gateway) => Client(gateway).ChatAsync(Request());

    private static Task<NcnException> CaughtAsync(SealingGateway gateway) => Assert.ThrowsAsync<NcnException>(() => AskAsync(gateway));

    private static ChatRequest Request() => ChatRequest.Ask("m", Question);

    private static SealedClient Client(SealingGateway gateway, Address? trusted = null) => new(
        new HttpClient(gateway) { BaseAddress = new Uri("http://gateway/") },
        new SealedClientOptions(Receipts.Domain, (record, _) => ValueTask.FromResult(trusted is null || record.Operator == trusted)));
}
