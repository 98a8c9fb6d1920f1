using System.Text;
using System.Text.Json;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol.Tests.Verification;

public sealed class ReceiptEvidenceTests
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly byte[] Input = [1, 2, 3];

    [Fact]
    public void Evidence_holds_together_and_survives_json()
    {
        var evidence = Evidence();
        var read = JsonSerializer.Deserialize<ReceiptEvidence>(JsonSerializer.Serialize(evidence, ProtocolJson.Options), ProtocolJson.Strict)!;

        Assert.Null(read.Problem(ReceiptLeaf.Of(evidence.Receipt.Message), Domain));
        Assert.Equal([7, 8, 9], read.TokenIds());
    }

    [Fact]
    public void Nothing_in_it_can_be_changed_by_whoever_shows_it()
    {
        var evidence = Evidence();
        var leaf = ReceiptLeaf.Of(evidence.Receipt.Message);

        Assert.NotNull(evidence.Problem(leaf with { Price = new TokenAmount(1) }, Domain));
        Assert.NotNull((evidence with { Input = [1, 2, 4] }).Problem(leaf, Domain));
        Assert.NotNull((evidence with { Output = [new OutputPiece([7, 8], "a ", null), new OutputPiece([10], "b", null)] }).Problem(leaf, Domain));
        Assert.NotNull((evidence with { Output = [new OutputPiece([7, 8, 9], "a b", null)] }).Problem(leaf, Domain));
        Assert.NotNull((evidence with { Fingerprints = [1] }).Problem(leaf, Domain));
        Assert.NotNull((evidence with { Job = evidence.Job with { Message = evidence.Job.Message with { MaxPrice = new TokenAmount(9) } } }).Problem(leaf, Domain));
        Assert.NotNull((evidence with { Receipt = evidence.Receipt with { Message = evidence.Receipt.Message with { CompletionTokens = 9 } } }).Problem(leaf, Domain));
        Assert.Null((evidence with { IsSealed = true, Input = [], Output = [] }).Problem(leaf, Domain));
    }

    [Fact]
    public void A_list_under_one_root_has_one_order()
    {
        ReceiptLeaf[] leaves = [.. Enumerable.Range(0, 5).Select(static i => new ReceiptLeaf(Address.Zero, Keccak256.Of([(byte)i]), new TokenAmount((ulong)i)))];
        ReceiptLeaf[] swapped = [leaves[1], leaves[0], .. leaves[2..]];

        Assert.NotEqual(ReceiptList.Root(leaves), ReceiptList.Root(swapped));
        Assert.Equal(default, ReceiptList.Root([]));
        Assert.Equal(new TokenAmount(10), ReceiptList.Total(leaves));
        Assert.Equal([new NodeFees(Address.Zero, 5, new TokenAmount(10))], ReceiptList.Fees(leaves));
    }

    [Fact]
    public void A_standing_is_its_validators_word()
    {
        using var key = new Signer(Enumerable.Repeat((byte)5, 32).ToArray());
        var standing = new LedgerStanding(
            1, 2, default, [new NodeStanding(Address.Zero, 10_000, StandingStatus.Good, 5, 0, [default])], [new GatewayStanding(Address.Zero, StandingStatus.New, 1, 0)],
            [new AuditStanding(Address.Zero, default, AuditVerdict.Passed)], key.Address).SignedWith(key, Domain);
        var json = JsonSerializer.Serialize(standing, ProtocolJson.Options);
        var read = JsonSerializer.Deserialize<LedgerStanding>(json, ProtocolJson.Strict)!;

        Assert.Contains("\"status\":\"good\"", json, StringComparison.Ordinal);
        Assert.Contains("\"verdict\":\"passed\"", json, StringComparison.Ordinal);
        Assert.True(read.IsAuthentic(Domain));
        Assert.False((read with { Nodes = [read.Nodes[0] with { Status = StandingStatus.Slashed }] }).IsAuthentic(Domain));
        Assert.False((read with { Audits = [] }).IsAuthentic(Domain));
    }

    private static ReceiptEvidence Evidence()
    {
        using var node = new Signer(Enumerable.Repeat((byte)3, 32).ToArray());
        using var gateway = new Signer(Enumerable.Repeat((byte)4, 32).ToArray());
        var rolling = new RollingOutputHash(default, 1);
        rolling.Append([7, 8], Encoding.UTF8.GetBytes("a "));
        var output = rolling.Append([9], Encoding.UTF8.GetBytes("b"));
        var job = new InferenceJob(default, 1, gateway.Address, node.Address, default, Keccak256.Of(Input), 42, new TokenAmount(50), 9);
        var receipt = new Receipt(
            default, 1, node.Address, gateway.Address, default, job.InputHash, output, 42, 3, 3, new TokenAmount(40), default, new TokenAmount(40), default, 1, 2);
        return new ReceiptEvidence(
            5, gateway.Sign(job, Domain), node.Sign(receipt, Domain), IsSealed: false, Input, [new OutputPiece([7, 8], "a ", null), new OutputPiece([9], "b", null)], []);
    }
}
