using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Protocol.Tests;

/// <summary>Every signed type's digest is the one that an independent JavaScript library computed (contracts/script/golden.mjs).</summary>
public sealed class TypedDataTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
    };

    private static readonly Dictionary<string, Func<JsonElement, Eip712Domain, Hash32>> Digests = new(StringComparer.Ordinal)
    {
        ["ChannelConfig"] = Digest<ChannelConfig>,
        ["Voucher"] = Digest<Voucher>,
        ["Refund"] = static (message, domain) => domain.Digest(new Refund(
            ChannelId.Parse(message.GetProperty("channelId").GetString()!),
            UInt128.TryParse(message.GetProperty("nonce").ToString(), out var nonce) ? nonce : throw new OverflowException(),
            Amount(message, "amount"))),
        ["ClaimBatch"] = static (message, domain) => domain.Digest(new ClaimBatch([.. message.GetProperty("claims").EnumerateArray().Select(Claim)])),
        ["NodeRecord"] = Digest<NodeRecord>,
        ["NodeHeartbeat"] = Digest<NodeHeartbeat>,
        ["NodeLeave"] = Digest<NodeLeave>,
        ["PeerRecord"] = Digest<PeerRecord>,
        ["GatewayRecord"] = Digest<GatewayRecord>,
        ["DiscoveryCall"] = Digest<DiscoveryCall>,
        ["DiscoveryReply"] = Digest<DiscoveryReply>,
        ["JobAccept"] = Digest<JobAccept>,
        ["TransportKey"] = Digest<TransportKey>,
        ["InferenceJob"] = Digest<InferenceJob>,
        ["Quote"] = Digest<Quote>,
        ["StreamCommitment"] = Digest<StreamCommitment>,
        ["Receipt"] = Digest<Receipt>,
        ["ChannelStatement"] = Digest<ChannelStatement>,
        ["ConsensusKey"] = Digest<ConsensusKey>,
        ["StatementRequest"] = Digest<StatementRequest>,
        ["ChannelQuery"] = Digest<ChannelQuery>,
        ["SpendPolicy"] = Digest<SpendPolicy>,
        ["FingerprintCall"] = Digest<FingerprintCall>,
        ["EvidenceCall"] = Digest<EvidenceCall>,
        ["Permit"] = static (message, domain) => domain.Digest(new TokenPermit(
            Address.Parse(message.GetProperty("owner").GetString()!), Address.Parse(message.GetProperty("spender").GetString()!),
            Amount(message, "value"), UInt128.Parse(message.GetProperty("nonce").ToString(), CultureInfo.InvariantCulture),
            ulong.Parse(message.GetProperty("deadline").ToString(), CultureInfo.InvariantCulture))),
        ["LedgerOperation"] = Digest<LedgerOperation>,
        ["LinkProof"] = Digest<LinkProof>,
        ["KeptDigest"] = Digest<KeptDigest>,
        ["ValidatorPlace"] = Digest<ValidatorPlace>,
        ["ReceiptQuery"] = Digest<ReceiptQuery>,
        ["LedgerStanding"] = Digest<LedgerStanding>,
        ["Vote"] = Digest<Vote>,
        ["Checkpoint"] = Digest<Checkpoint>,
    };

    [Fact]
    public void Every_digest_equals_the_golden_one()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var golden in Cases())
        {
            var type = golden.GetProperty("type").GetString()!;
            if (IsBeyond128Bits(golden))
            {
                continue;
            }

            var digest = Digests[type](golden.GetProperty("message"), Domain(golden.GetProperty("domain")));
            Assert.True(Hash32.Parse(golden.GetProperty("digest").GetString()!) == digest, $"{type}: {golden.GetProperty("message")}");
            seen.Add(type);
        }

        Assert.Equal(Digests.Keys.Order(), seen.Order());
    }

    [Fact]
    public void A_changed_member_changes_the_digest()
    {
        var domain = new Eip712Domain("NCN", "2", 412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
        var leave = new NodeLeave(Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"), 9, 1);
        Assert.NotEqual(domain.Digest(leave), domain.Digest(leave with { Sequence = 10 }));
        Assert.NotEqual(domain.Digest(leave), Eip712Domain.Network(1, domain.VerifyingContract).Digest(leave));
    }

    [Fact]
    public void Signed_messages_survive_json_and_name_their_signer()
    {
        using var signer = new Signer(Convert.FromHexString("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
        var domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
        var job = new InferenceJob(
            default, 1, signer.Address, Address.Zero, default, default, ulong.MaxValue, new TokenAmount(UInt128.MaxValue), 5);
        var json = JsonSerializer.Serialize(signer.Sign(job, domain), ProtocolJson.Options);
        var read = JsonSerializer.Deserialize<Signed<InferenceJob>>(json, ProtocolJson.Options)!;
        Assert.Contains("\"seed\":\"18446744073709551615\"", json, StringComparison.Ordinal);
        Assert.True(read.IsSignedBy(signer.Address, domain));
        Assert.False((read with { Message = read.Message with { Attempt = 2 } }).IsSignedBy(signer.Address, domain));
        Assert.False(read.IsSignedBy(Address.Zero, domain));
    }

    private static JsonElement[] Cases() =>
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "typed-data.json"))).RootElement.GetProperty("cases").EnumerateArray()];

    // The contract's refund nonce is a uint256; ours counts up from zero and never leaves 128 bits.
    private static bool IsBeyond128Bits(JsonElement golden) =>
        golden.GetProperty("type").ValueEquals("Refund") && !UInt128.TryParse(golden.GetProperty("message").GetProperty("nonce").ToString(), out _);

    private static Hash32 Digest<T>(JsonElement message, Eip712Domain domain)
        where T : ITypedData => domain.Digest(message.Deserialize<T>(Json)!);

    private static ClaimEntry Claim(JsonElement claim) => new(
        ChannelId.Parse(claim.GetProperty("channelId").GetString()!), Amount(claim, "maxClaimableAmount"), Amount(claim, "totalClaimed"));

    private static TokenAmount Amount(JsonElement parent, string name) => TokenAmount.Parse(parent.GetProperty(name).ToString());

    private static Eip712Domain Domain(JsonElement domain) => new(
        domain.GetProperty("name").GetString()!, domain.GetProperty("version").GetString()!, domain.GetProperty("chainId").GetUInt64(),
        Address.Parse(domain.GetProperty("verifyingContract").GetString()!),
        domain.TryGetProperty("salt", out var salt) ? Hash32.Parse(salt.GetString()!) : null);
}
