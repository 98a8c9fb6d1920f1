using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.X402;

/// <summary>Each check answers its own code.</summary>
public sealed class PaymentChecksTests : IDisposable
{
    private const ulong Now = 1_790_000_000;
    private const ulong ChainId = 412346;
    private static readonly Address Token = Address.Parse("0x00000000000000000000000000000000000000cc");
    private static readonly Address Escrow = Address.Parse("0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003");
    private static readonly Eip712Domain TokenDomain = Eip3009.TokenDomain(ChainId, Token);
    private readonly Signer _payer = new(Enumerable.Repeat((byte)5, 32).ToArray());
    private readonly Signer _seller = new(Enumerable.Repeat((byte)6, 32).ToArray());

    public void Dispose()
    {
        _payer.Dispose();
        _seller.Dispose();
    }

    [Theory]
    [InlineData(100, 0, 60, false, null)]
    [InlineData(101, 0, 60, false, "invalid_exact_evm_payload_authorization_value_mismatch")]
    [InlineData(99, 0, 60, false, "invalid_exact_evm_payload_authorization_value_mismatch")]
    [InlineData(101, 0, 60, true, null)]
    [InlineData(99, 0, 60, true, "invalid_exact_evm_payload_authorization_value")]
    [InlineData(100, 1, 60, false, "invalid_exact_evm_payload_authorization_valid_after")]
    [InlineData(100, 0, 6, false, null)]
    [InlineData(100, 0, 5, false, "invalid_exact_evm_payload_authorization_valid_before")]
    [InlineData(100, 0, -1, false, "invalid_exact_evm_payload_authorization_valid_before")]
    public void Value_and_times_of_a_transfer(ulong value, ulong after, int before, bool isVersion1, string? expected)
    {
        var transfer = Transfer(value) with { ValidAfter = new(Now + after), ValidBefore = new((UInt128)((long)Now + before)) };
        Assert.Equal(expected, PaymentChecks.Exact(Sign(transfer, _payer), Terms(isVersion1), Now));
    }

    [Fact]
    public void Recipient_and_signature_of_a_transfer()
    {
        Assert.Equal(ExactError.Recipient, PaymentChecks.Exact(Sign(Transfer(100) with { To = Token }, _payer), Terms(), Now));
        Assert.Equal(ExactError.Signature, PaymentChecks.Exact(Sign(Transfer(100), _seller), Terms(), Now));
        Assert.Equal(ExactError.Signature, PaymentChecks.Exact(Sign(Transfer(100), _payer) with { Signature = default }, Terms(), Now));
        var forever = Transfer(100) with { ValidBefore = new(UInt128.MaxValue) };
        Assert.Null(PaymentChecks.Exact(Sign(forever, _payer), Terms(), Now));
    }

    [Theory]
    [InlineData("eip155:412346", 2, null)]
    [InlineData("eip155:1", 2, "invalid_network")]
    [InlineData("base-sepolia", 1, "invalid_network")]
    [InlineData("eip155:412346", 1, null)]
    public void The_network_that_was_accepted(string network, int version, string? expected) =>
        Assert.Equal(expected, PaymentChecks.Accepted(new AcceptedTerms("exact", network), version, new SellerTerms(ChainId, Token, Escrow)));

    [Theory]
    [InlineData(42161ul, "arbitrum")]
    [InlineData(421614ul, "arbitrum-sepolia")]
    public void Version_1_has_names_for_chains(ulong chain, string name)
    {
        var seller = new SellerTerms(chain, Token, Escrow);
        Assert.Null(PaymentChecks.Accepted(new AcceptedTerms("exact", name), 1, seller));
        Assert.Equal("invalid_network", PaymentChecks.Accepted(new AcceptedTerms("exact", name), 2, seller));
    }

    [Fact]
    public void Asset_and_receiver_that_were_accepted()
    {
        var seller = new SellerTerms(ChainId, Token, _seller.Address);
        var terms = new AcceptedTerms("exact", "eip155:412346", null, Token, _seller.Address);
        Assert.Null(PaymentChecks.Accepted(terms, 2, seller));
        Assert.Equal("invalid_payment_requirements", PaymentChecks.Accepted(terms with { Asset = Escrow }, 2, seller));
        Assert.Equal("invalid_payment_requirements", PaymentChecks.Accepted(terms with { PayTo = Escrow }, 2, seller));
        Assert.Null(PaymentChecks.Accepted(null, 2, seller));
    }

    [Fact]
    public void Each_part_of_a_channel()
    {
        var terms = new ChannelTerms(_seller.Address, Token, 900, Eip712Domain.Payments(ChainId, Escrow));
        var good = new ChannelConfig(_payer.Address, _payer.Address, _seller.Address, _seller.Address, Token, 900, default);
        Assert.Null(Check(good, good));
        Assert.Equal(BatchSettlementError.ReceiverMismatch, Check(good with { Receiver = Token }, good));
        Assert.Equal(BatchSettlementError.ReceiverAuthorizerMismatch, Check(good with { ReceiverAuthorizer = Token }, good));
        Assert.Equal(BatchSettlementError.TokenMismatch, Check(good with { Token = Escrow }, good));
        Assert.Equal(BatchSettlementError.WithdrawDelay, Check(good with { WithdrawDelay = 899 }, good));
        Assert.Equal(BatchSettlementError.WithdrawDelay, Check(good with { WithdrawDelay = 2_592_001 }, good));
        Assert.Equal(BatchSettlementError.ChannelIdMismatch, Check(good with { Salt = Hash32.Parse("0x" + new string('1', 64)) }, good));
        var forged = SignedVoucher.Create(good, new(5), _seller, terms.PaymentsDomain);
        Assert.Equal(BatchSettlementError.VoucherSignature, PaymentChecks.Voucher(forged, good.Id(terms.PaymentsDomain), terms));

        string? Check(ChannelConfig config, ChannelConfig named) => PaymentChecks.Voucher(
            SignedVoucher.Create(config, new(5), _payer, terms.PaymentsDomain), named.Id(terms.PaymentsDomain), terms);
    }

    [Fact]
    public void Each_part_of_a_deposit()
    {
        var payload = Deposit(50, 0, 60);
        Assert.Null(Check(payload));
        Assert.Equal(BatchSettlementError.InvalidPayload, Check(payload with { Deposit = null }));
        Assert.Equal(BatchSettlementError.InvalidPayload, Check(Deposit(0, 0, 60)));
        Assert.Equal(BatchSettlementError.AuthorizationRequired, Check(payload with { Deposit = new DepositView(new(50), new DepositAuthorization()) }));
        Assert.Equal(BatchSettlementError.AuthorizationSignature, Check(payload with { Deposit = payload.Deposit! with { Amount = new(51) } }));
        Assert.Equal(BatchSettlementError.ValidBefore, Check(Deposit(50, 0, 5)));
        Assert.Equal(BatchSettlementError.ValidAfter, Check(Deposit(50, 1, 60)));
    }

    [Fact]
    public void The_collectors_data_is_the_abi_encoding()
    {
        var salt = Hash32.Parse("0x" + new string('3', 64));
        var signature = Signature.Parse("0x" + new string('4', 130));
        var data = Convert.ToHexStringLower(Eip3009.CollectorData(new Erc3009Authorization(new(1), new(2), salt, signature)));
        Assert.Equal(
            new string('0', 63) + "1" + new string('0', 63) + "2" + new string('3', 64) + new string('0', 62) + "80"
            + new string('0', 62) + "41" + new string('4', 130) + new string('0', 62), data);
    }

    private BatchPayload Deposit(ulong amount, ulong after, ulong before)
    {
        var config = new ChannelConfig(_payer.Address, _payer.Address, _seller.Address, _seller.Address, Token, 900, default);
        var channel = config.Id(Eip712Domain.Payments(ChainId, Escrow));
        var salt = Hash32.Parse("0x" + new string('7', 64));
        var authorization = new ReceiveWithAuthorization(
            _payer.Address, Eip3009.CanonicalCollector, new(amount), new(Now + after), new(Now + before), Eip3009.DepositNonce(channel, salt));
        var given = new Erc3009Authorization(
            authorization.ValidAfter, authorization.ValidBefore, salt, _payer.Sign(authorization, TokenDomain).Signature);
        return new BatchPayload(BatchPayload.DepositType, ChannelConfigView.From(config), new VoucherView(channel, new(10), default))
        {
            Deposit = new DepositView(new(amount), new DepositAuthorization(given)),
        };
    }

    private static string? Check(BatchPayload payload) => PaymentChecks.Deposit(payload, Eip3009.CanonicalCollector, TokenDomain, Now);

    private ExactTerms Terms(bool isVersion1 = false) => new(TokenDomain, _seller.Address, new(100), isVersion1);

    private TransferWithAuthorization Transfer(ulong value) =>
        new(_payer.Address, _seller.Address, new(value), default, new(Now + 60), Hash32.Parse("0x" + new string('9', 64)));

    private static ExactPayload Sign(TransferWithAuthorization transfer, Signer signer) => new(signer.Sign(transfer, TokenDomain).Signature, transfer);
}
