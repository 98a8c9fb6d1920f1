using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Chain.Artifacts;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;
using Ncn.Tests.Escrow;

namespace Ncn.Serving.Tests.Payments;

/// <summary>What the relay key sends, on a real chain: each payment once, whatever happens in between.</summary>
public sealed class ChainRelayTests(LocalChain local) : IClassFixture<LocalChain>, IDisposable
{
    private static readonly HttpClient Http = new();
    private readonly string _state = Directory.CreateTempSubdirectory("ncn-relay-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task A_transfer_is_sent_once_and_found_by_whoever_comes_late()
    {
        var (payer, seller, relay) = await PartiesAsync();
        using (relay)
        {
            var payload = Pay(payer, seller, 300_000, nonce: 1);
            Assert.Null(await relay.TryTransferAsync(payload, default));
            Assert.Null(await relay.FindTransferAsync(payload.Authorization, default));

            var mined = Assert.IsType<RelayOutcome.Mined>(await relay.TransferAsync("exact:1", payload, default));
            Assert.Equal(mined, await relay.TransferAsync("exact:1", payload, default));
            Assert.Equal("ERC3009UsedAuthorization", Assert.IsType<RelayOutcome.Refused>(await relay.TransferAsync("exact:other", payload, default)).Error);

            Assert.Equal((700_000ul, 300_000ul), (await payer.DollarsAsync(), await seller.DollarsAsync()));
            Assert.True(await relay.IsUsedAsync(payer.Address, payload.Authorization.Nonce, default));
            Assert.Equal(mined.Transaction, await relay.FindTransferAsync(payload.Authorization, default));
            Assert.Equal("ERC3009UsedAuthorization", await relay.TryTransferAsync(payload, default));
        }
    }

    [Fact]
    public async Task A_nonce_that_was_used_for_something_else_is_no_payment()
    {
        var (payer, seller, relay) = await PartiesAsync();
        using (relay)
        {
            await relay.TransferAsync("exact:1", Pay(payer, seller, 1_000, nonce: 2), default);
            Assert.Null(await relay.FindTransferAsync(Pay(payer, seller, 2_000, nonce: 2).Authorization, default));
            Assert.Null(await relay.FindTransferAsync(Pay(payer, payer, 1_000, nonce: 2).Authorization, default));
        }
    }

    [Fact]
    public async Task An_unknown_outcome_is_pending_and_goes_on_after_a_restart_with_the_same_transaction()
    {
        var (payer, seller, relay) = await PartiesAsync(patienceSeconds: 1);
        var payload = Pay(payer, seller, 300_000, nonce: 3);
        await AskAsync("evm_setAutomine", false);
        Hash32 sent;
        using (relay)
        {
            sent = Assert.IsType<RelayOutcome.Pending>(await relay.TransferAsync("exact:3", payload, default)).Transaction;
        }

        await AskAsync("evm_setAutomine", true);
        await AskAsync("evm_mine");
        using var restarted = Relay(patienceSeconds: 30);
        Assert.Equal(new RelayOutcome.Mined(sent), await restarted.TransferAsync("exact:3", payload, default));
        Assert.Equal((700_000ul, 300_000ul), (await payer.DollarsAsync(), await seller.DollarsAsync()));
    }

    [Fact]
    public async Task Times_signature_and_balance_are_refused_by_name_before_any_gas_is_spent()
    {
        var (payer, seller, relay) = await PartiesAsync();
        using (relay)
        {
            var good = Pay(payer, seller, 300_000, nonce: 4);
            var expired = Sign(payer, good.Authorization with { ValidBefore = new(1) });
            Assert.Equal("ERC3009InvalidAuthorizationTime", await relay.TryTransferAsync(expired, default));
            Assert.NotNull(await relay.TryTransferAsync(Sign(seller, good.Authorization), default));

            // The payer spends it between verification and settlement.
            Assert.Null(await relay.TryTransferAsync(good, default));
            await relay.TransferAsync("exact:5", Pay(payer, seller, 900_000, nonce: 5), default);
            Assert.Equal("ERC20InsufficientBalance", Assert.IsType<RelayOutcome.Refused>(await relay.TransferAsync("exact:4", good, default)).Error);
            Assert.False(await relay.IsUsedAsync(payer.Address, good.Authorization.Nonce, default));
        }
    }

    [Fact]
    public async Task A_deposit_and_a_refund_need_no_coin_of_the_payer_and_no_authority_of_the_relay()
    {
        var (payer, seller, relay) = await PartiesAsync();
        using (relay)
        {
            var config = new ChannelConfig(payer.Address, payer.Address, seller.Address, seller.Address, local.Settings.Token, 900, default);
            var channel = config.Id(Settings.PaymentsDomain);
            var deposit = Deposit(payer, channel, 400_000);
            Assert.IsType<RelayOutcome.Mined>(await relay.DepositAsync("deposit:1", config, deposit, default));
            Assert.IsType<RelayOutcome.Refused>(await relay.DepositAsync("deposit:2", config, deposit, default));
            Assert.Equal(600_000ul, await payer.DollarsAsync());

            var signature = seller.Signer.Sign(new Refund(channel, 0, new(150_000)), Settings.PaymentsDomain).Signature;
            Assert.Equal(0ul, await relay.ReadRefundNonceAsync(channel, default));
            Assert.Equal("InvalidSignature", Assert.IsType<RelayOutcome.Refused>(await relay.RefundAsync("refund:0", config, new(150_001), 0, signature, default)).Error);
            Assert.IsType<RelayOutcome.Mined>(await relay.RefundAsync("refund:1", config, new(150_000), 0, signature, default));
            Assert.Equal("InvalidRefundNonce", Assert.IsType<RelayOutcome.Refused>(await relay.RefundAsync("refund:2", config, new(150_000), 0, signature, default)).Error);
            Assert.Equal((1ul, 750_000ul), (await relay.ReadRefundNonceAsync(channel, default), await payer.DollarsAsync()));
        }
    }

    [Fact]
    public async Task Without_a_key_file_there_is_no_relay()
    {
        using var relay = Relay(patienceSeconds: 30);
        Assert.Null(relay.Relay);
        Assert.Equal(TokenAmount.Zero, await relay.ReadBalanceAsync(Address.Zero, default));
    }

    // Where stock clients look for escrow and collector.
    private ChainSettings Settings => local.Settings with { InferencePayment = CanonicalX402 };

    private static Address CanonicalX402 => Forknet.CanonicalX402;

    private async Task<(Party Payer, Party Seller, ChainRelay Relay)> PartiesAsync(uint patienceSeconds = 30)
    {
        await new CanonicalCopies(local.Minter.Chain).EnsureAsync(local.Artifacts);
        var relay = await local.NewPartyAsync(dollars: 0);
        var file = Path.Combine(_state, "relay-chat.key");
        await File.WriteAllTextAsync(file, relay.Key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return (await local.NewPartyAsync(dollars: 1), await local.NewPartyAsync(dollars: 0), Relay(patienceSeconds));
    }

    [Fact]
    public void A_relay_key_in_a_vault_is_looked_for_in_no_file()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Ncn:Keys:Directory"] = _state, ["Ncn:Keys:Vault"] = "http://plain.vault" }).Build();
        var options = Options.Create(new GatewayOptions { SubnetName = "chat", RelayInVault = true });

        var refused = Assert.Throws<InvalidOperationException>(() => new ChainRelay(Settings, configuration, options, NullLogger<ChainRelay>.Instance));

        Assert.Contains("https address", refused.Message, StringComparison.Ordinal);
    }

    private ChainRelay Relay(uint patienceSeconds)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Ncn:Keys:Directory"] = _state, ["Ncn:State:Directory"] = _state, ["APP_ID"] = "gateway-chat",
        }).Build();
        var settings = Settings with { Limits = Settings.Limits with { PatienceSeconds = patienceSeconds } };
        return new ChainRelay(settings, configuration, Options.Create(new GatewayOptions { SubnetName = "chat" }), NullLogger<ChainRelay>.Instance);
    }

    private ExactPayload Pay(Party payer, Party seller, ulong value, byte nonce) => Sign(payer, new TransferWithAuthorization(
        payer.Address, seller.Address, new(value), default, new(ulong.MaxValue), new Hash32([.. new byte[31], nonce])));

    private ExactPayload Sign(Party signer, TransferWithAuthorization transfer) =>
        new(signer.Signer.Sign(transfer, Eip3009.TokenDomain(local.Settings.ChainId, local.Settings.Token)).Signature, transfer);

    private DepositView Deposit(Party payer, ChannelId channel, ulong amount)
    {
        var salt = Hash32.Parse("0x" + new string('7', 64));
        var authorization = new ReceiveWithAuthorization(
            payer.Address, Eip3009.CanonicalCollector, new(amount), default, new(ulong.MaxValue), Eip3009.DepositNonce(channel, salt));
        var signature = payer.Signer.Sign(authorization, Eip3009.TokenDomain(local.Settings.ChainId, local.Settings.Token)).Signature;
        return new DepositView(new(amount), new DepositAuthorization(new Erc3009Authorization(authorization.ValidAfter, authorization.ValidBefore, salt, signature)));
    }

    private async Task AskAsync(string method, params object[] parameters)
    {
        using var answer = await Http.PostAsJsonAsync(local.Settings.Rpc, new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        Assert.False((await answer.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("error", out var error), $"{error}");
    }
}
