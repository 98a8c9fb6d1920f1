using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Tokens;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A fresh key with test dollars and no coin, for the published x402 client.</summary>
internal sealed class StockPayer : IDisposable
{
    // anvil's first well-known key: it mints the test dollar.
    internal const string Faucet = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    private readonly StockNetwork _shared;
    private readonly Signer _signer;
    private readonly string _keyFile;
    private readonly ChainConnection _chain;

    private StockPayer(StockNetwork shared, byte[] key, string keyFile)
    {
        (_shared, _signer, _keyFile) = (shared, new Signer(key), keyFile);
        _chain = new ChainConnection(shared.Account.Settings);
    }

    /// <summary>The channel that the client makes: its defaults.</summary>
    private ChannelConfig Config
    {
        get
        {
            var receiver = _shared.Account.Config.Receiver;
            return new ChannelConfig(_signer.Address, _signer.Address, receiver, receiver, _shared.Account.Settings.Token, 900, default);
        }
    }

    public static async Task<StockPayer> CreateAsync(StockNetwork shared, TokenAmount dollars)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        key[0] = 1;
        var file = Path.Combine(shared.Network.State, $"stock-{Convert.ToHexStringLower(key.AsSpan(24))}.key");
        await File.WriteAllTextAsync(file, "0x" + Convert.ToHexStringLower(key));
        var payer = new StockPayer(shared, key, file);
        using var faucet = new ChainConnection(shared.Account.Settings, Faucet);
        await new TokenContract(faucet, shared.Account.Settings.Token).MintAsync(payer._signer.Address, dollars);
        return payer;
    }

    public async Task<StockRun> RunAsync(string kind, string scheme, int[] rounds, bool stream = false, bool refund = false)
    {
        var settings = _shared.Account.Settings;
        var wish = JsonSerializer.Serialize(new
        {
            gateway = (kind == "chat" ? _shared.Network.Text : _shared.Network.Vision).AbsoluteUri,
            kind,
            scheme,
            keyFile = _keyFile,
            rpc = settings.Rpc.AbsoluteUri,
            chainId = settings.ChainId,
            network = string.Create(CultureInfo.InvariantCulture, $"eip155:{settings.ChainId}"),
            rounds,
            stream,
            refund,
        });
        var printed = (await Command.NodeAsync("stock.mjs", wish)).Succeeded();
        return new StockRun(JsonSerializer.Deserialize<JsonElement>(printed));
    }

    /// <summary>The header of a payment by exact, made by hand.</summary>
    public string Exact(PaymentRequirements offer, Hash32 nonce)
    {
        var transfer = new TransferWithAuthorization(
            _signer.Address, offer.PayTo, offer.Amount, default, new((UInt128)DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60), nonce);
        var domain = Eip3009.TokenDomain(_chain.Settings.ChainId, offer.Asset);
        return X402Header.Encode(new { x402Version = 2, payload = new ExactPayload(_signer.Sign(transfer, domain).Signature, transfer), accepted = offer });
    }

    public Task<TokenAmount> ReadBalanceAsync() => new TokenContract(_chain, _chain.Settings.Token).ReadBalanceAsync(_signer.Address);

    public async Task<TokenAmount> ReadReceiverAsync() =>
        await new TokenContract(_chain, _chain.Settings.Token).ReadBalanceAsync(_shared.Account.Config.Receiver);

    public Task<ChannelView> ReadChannelAsync() => new InferencePaymentContract(_chain).ReadChannelAsync(Config.Id(_chain.Settings.PaymentsDomain));

    public Task<ReceiverView> ReadReceiverViewAsync() =>
        new InferencePaymentContract(_chain).ReadReceiverAsync(_shared.Account.Config.Receiver, _chain.Settings.Token);

    /// <summary>How often the gateway was paid out.</summary>
    public async Task<int> CountPayoutsAsync() => (await Books.PayoutsAsync(_shared.Network, _shared.Account.Config.Receiver)).Count;

    public void Dispose()
    {
        _chain.Dispose();
        _signer.Dispose();
        File.Delete(_keyFile);
    }
}

/// <summary>What the script printed.</summary>
internal sealed record StockRun(JsonElement Printed)
{
    public IReadOnlyList<JsonElement> Answers { get; } = [.. Printed.GetProperty("answers").EnumerateArray()];

    public IReadOnlyList<JsonElement> Settlements => [.. Answers
        .Select(static answer => answer.GetProperty("settlement")).Where(static settlement => settlement.ValueKind == JsonValueKind.Object)];

    public int Payments => Printed.GetProperty("payments").GetInt32();

    public JsonElement Refund => Printed.GetProperty("refund");

    /// <summary>Every answer is right, and as many as given state a settlement that passed; by default all.</summary>
    public void AllSucceeded(int? stated = null)
    {
        Assert.All(Answers, answer => Assert.True(
            answer.GetProperty("status").GetInt32() == 200 && answer.GetProperty("isRight").GetBoolean(), answer.GetRawText()));
        Assert.Equal(stated ?? Answers.Count, Settlements.Count);
        Assert.All(Settlements, static settlement => Assert.True(settlement.GetProperty("success").GetBoolean(), settlement.GetRawText()));
    }

    /// <summary>The sum of what batch-settlement charged.</summary>
    public TokenAmount Charged() => Settlements.Aggregate(
        TokenAmount.Zero, static (sum, settlement) => sum + TokenAmount.Parse(settlement.GetProperty("extra").GetProperty("chargedAmount").GetString()!));
}
