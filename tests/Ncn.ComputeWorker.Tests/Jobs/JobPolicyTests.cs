using Ncn.ComputeWorker.Jobs;
using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Tests.Jobs;

public sealed class JobPolicyTests
{
    private const ulong Now = 1_000_000;

    private static readonly Signer Gateway = SignerOf(1);
    private static readonly Signer Node = SignerOf(2);
    private static readonly Signer Stranger = SignerOf(3);
    private static readonly Address Token = SignerOf(4).Address;
    private static readonly Eip712Domain Network = Eip712Domain.Network(1, SignerOf(5).Address);
    private static readonly Eip712Domain Payments = Eip712Domain.Payments(1, SignerOf(6).Address);
    private static readonly byte[] InputBytes = [1, 2, 3];
    private static readonly JobTerms Terms = new(Node.Address, Token, Network, Payments, [Gateway.Address], Now, 60_000);

    private static readonly InferenceJob Job = new(
        new RequestId(Keccak256.Of([7])), 0, Gateway.Address, Node.Address, new ModelDigest(Keccak256.Of([8])), Keccak256.Of(InputBytes), 1,
        new TokenAmount(500), Now + 1000);

    private static readonly ModelOffer Offer = new(
        Job.ModelDigest, "m", "1", ModelOffer.Decoder, new ModelPrice(new(10), new(2), new(6), default), 1024, 1, 100, "CPU", [], []);

    [Fact]
    public void A_job_in_order_passes() => JobPolicy.CheckJob(Gateway.Sign(Job, Network), InputBytes, Terms);

    [Fact]
    public void A_job_must_be_signed_by_its_gateway_under_this_network()
    {
        Refused(JobRefusalReason.NotAuthentic, () => JobPolicy.CheckJob(Stranger.Sign(Job, Network), InputBytes, Terms));
        Refused(JobRefusalReason.NotAuthentic, () => JobPolicy.CheckJob(Gateway.Sign(Job, Payments), InputBytes, Terms));
        Signed<InferenceJob> changed = Gateway.Sign(Job, Network) with { Message = Job with { MaxPrice = new TokenAmount(501) } };
        Refused(JobRefusalReason.NotAuthentic, () => JobPolicy.CheckJob(changed, InputBytes, Terms));
    }

    [Fact]
    public void A_job_for_another_node_is_refused() =>
        Refused(JobRefusalReason.NotAuthentic, () => Check(Job with { Node = Stranger.Address }));

    [Fact]
    public void The_input_must_be_the_one_that_was_signed() =>
        Refused(JobRefusalReason.NotAuthentic, () => JobPolicy.CheckJob(Gateway.Sign(Job, Network), [1, 2, 4], Terms));

    [Theory]
    [InlineData(Now, JobRefusalReason.TooLate)]
    [InlineData(Now - 1, JobRefusalReason.TooLate)]
    [InlineData(Now + 60_001, JobRefusalReason.Invalid)]
    [InlineData(ulong.MaxValue, JobRefusalReason.Invalid)]
    public void The_deadline_must_lie_ahead_and_not_too_far(ulong deadline, JobRefusalReason reason) =>
        Refused(reason, () => Check(Job with { Deadline = deadline }));

    [Theory]
    [InlineData(11, 78)] // 10 + 2 * 11 + 6 * 78 = 500
    [InlineData(12, 79)]
    public void The_price_must_cover_the_most_that_the_job_can_cost(uint promptTokens, uint completionTokens)
    {
        void CheckOffer() => JobPolicy.CheckOffer(Job, 3, Offer, new Usage(promptTokens, completionTokens, 0));
        if (completionTokens == 78)
        {
            CheckOffer();
        }
        else
        {
            Refused(JobRefusalReason.NotCovered, CheckOffer);
        }
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(250, 40, true)]
    [InlineData(249, 40, false)]
    [InlineData(250, 41, false)]
    public void A_job_may_hold_the_node_to_the_service_that_it_offers_and_to_no_other(uint firstToken, uint rate, bool isTaken)
    {
        ModelOffer promising = Offer with { Service = new ServiceLevel(250, 40) };
        InferenceJob job = Job with { Service = new ServiceLevel(firstToken, rate) };
        void CheckOffer() => JobPolicy.CheckOffer(job, 3, promising, new Usage(11, 78, 0));
        if (isTaken)
        {
            CheckOffer();
        }
        else
        {
            Refused(JobRefusalReason.Invalid, CheckOffer);
        }
    }

    [Fact]
    public void An_input_above_the_models_limit_is_refused() =>
        Refused(JobRefusalReason.Invalid, () => JobPolicy.CheckOffer(Job, 101, Offer, new Usage(1, 1, 0)));

    [Fact]
    public void A_voucher_in_order_passes() => Assert.Equal(new TokenAmount(500), Pay(Voucher())?.MaxClaimableAmount);

    [Fact]
    public void A_job_that_costs_needs_a_voucher() => Refused(JobRefusalReason.NotCovered, () => Pay(null));

    [Fact]
    public void A_voucher_must_be_signed_by_the_payer()
    {
        Refused(JobRefusalReason.NotAuthentic, () => Pay(Voucher(signer: Stranger)));
        NodePayment good = Voucher();
        Refused(JobRefusalReason.NotAuthentic, () => Pay(good with { Voucher = good.Voucher with { MaxClaimableAmount = new TokenAmount(501) } }));
        Refused(JobRefusalReason.NotAuthentic, () => Pay(good with { Voucher = good.Voucher with { ChannelId = default } }));
        Refused(JobRefusalReason.NotAuthentic, () => Pay(good with { Voucher = good.Voucher with { Signature = default } }));
    }

    [Fact]
    public void A_voucher_must_be_on_the_channel_from_this_gateway_to_this_node()
    {
        ChannelConfig config = NodeChannel.Config(Gateway.Address, Node.Address, Token);
        Refused(JobRefusalReason.NotCovered, () => Pay(Voucher(config with { Payer = Stranger.Address }, Stranger)));
        Refused(JobRefusalReason.NotCovered, () => Pay(Voucher(config with { Receiver = Stranger.Address })));
        Refused(JobRefusalReason.NotCovered, () => Pay(Voucher(config with { Token = Stranger.Address })));
        Refused(JobRefusalReason.NotCovered, () => Pay(Voucher(config with { ReceiverAuthorizer = Stranger.Address })));
        Refused(JobRefusalReason.NotCovered, () => Pay(Voucher(config with { WithdrawDelay = 900 })));
        Refused(JobRefusalReason.NotCovered, () => Pay(Voucher(config with { PayerAuthorizer = Stranger.Address }, Stranger)));
    }

    [Fact]
    public void A_free_model_needs_no_voucher_and_serves_known_gateways_only()
    {
        ModelOffer free = Offer with { Price = ModelPrice.Free };
        Assert.Null(JobPolicy.CheckPayment(Job, null, free, Terms));
        Refused(JobRefusalReason.NotAuthentic, () => JobPolicy.CheckPayment(Job with { Gateway = Stranger.Address }, null, free, Terms));
    }

    [Theory]
    [InlineData(ChannelOutcome.VoucherTooLow, JobRefusalReason.TotalTooLow)]
    [InlineData(ChannelOutcome.ExceedsEscrow, JobRefusalReason.NotCovered)]
    [InlineData(ChannelOutcome.Repeated, JobRefusalReason.Repeated)]
    [InlineData(ChannelOutcome.AlreadyCharged, JobRefusalReason.Repeated)]
    [InlineData(ChannelOutcome.TooManyInFlight, JobRefusalReason.Busy)]
    [InlineData(ChannelOutcome.WrongChannel, JobRefusalReason.NotCovered)]
    public void Each_answer_of_the_ledger_but_yes_is_a_refusal(ChannelOutcome outcome, JobRefusalReason reason)
    {
        var result = new ChannelResult(outcome, default, default, default, null, default, default, 0);
        Refused(reason, () => JobPolicy.CheckReservation(result, Voucher().ToSignedVoucher(), default, new ChannelFunds(default, default)));
    }

    private static void Check(InferenceJob job) => JobPolicy.CheckJob(Gateway.Sign(job, Network), InputBytes, Terms);

    private static SignedVoucher? Pay(NodePayment? payment) => JobPolicy.CheckPayment(Job, payment, Offer, Terms);

    private static NodePayment Voucher(ChannelConfig? config = null, Signer? signer = null) => NodePayment.From(
        SignedVoucher.Create(config ?? NodeChannel.Config(Gateway.Address, Node.Address, Token), new TokenAmount(500), signer ?? Gateway, Payments), Payments);

    private static void Refused(JobRefusalReason reason, Action check)
    {
        JobRefusedException refusal = Assert.Throws<JobRefusedException>(check);
        Assert.Equal(reason, refusal.Reason);
        Assert.NotEmpty(refusal.Message);
    }

    private static Signer SignerOf(byte number)
    {
        var key = new byte[32];
        key[31] = number;
        return new Signer(key);
    }
}
