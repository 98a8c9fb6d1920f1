using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.Client.Escrow;
using Ncn.Client.Paying;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Client.Tests.Escrow;

/// <summary>From a statement to the refund on a real chain, to the unit: an over-claim costs the gateway, an honest claim costs it nothing.</summary>
public sealed class DisputeTests(LocalChain local) : IClassFixture<LocalChain>
{
    private static readonly TokenAmount Stake = new(100 * LocalChain.Dollar);
    private static readonly TokenAmount Deposit = new(10 * LocalChain.Dollar);

    [Fact]
    public async Task An_over_claim_is_paid_back_from_the_gateways_stake()
    {
        using var scene = await Scene.StartAsync(local);
        await scene.ServeAsync(ceiling: 5_000_000, cost: 3_000_000);
        var report = await scene.Books.StateAsync(scene.Config);
        Assert.Equal((new TokenAmount(3_000_000), new TokenAmount(5_000_000)), (report.Statement.Message.Charged, report.Statement.Message.MaxClaimableAmount));
        Assert.Null(await scene.Disputes.FindAsync(scene.Config));

        await scene.ClaimAsync(new(4_200_000));
        var broken = (await scene.Disputes.FindAsync(scene.Config))!;
        Assert.Equal((new TokenAmount(1_200_000), false), (broken.Amount, broken.CanBeAnswered));
        await scene.Disputes.OpenAsync(broken.Statement, scene.Config);

        Assert.Equal(new TokenAmount(2_400_000), (await scene.StakeAsync()).Frozen);
        var refused = await Assert.ThrowsAsync<PaymentException>(() => scene.ServeAsync(ceiling: 10, cost: 10));
        Assert.Contains("would answer it", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ContractRevertedException>(() => scene.Disputes.CloseAsync(broken.Statement.Message, scene.Config));
        await Assert.ThrowsAsync<ContractRevertedException>(() => scene.AnswerAsync(broken.Statement.Message));
        var (wallet, pool) = (await scene.WalletAsync(), await scene.PoolAsync());
        await new Forknet(local.Minter.Chain).AdvanceTimeAsync(3 * 86_400);
        var outcome = await scene.Disputes.CloseAsync(broken.Statement.Message, scene.Config);

        Assert.Equal((new TokenAmount(1_200_000), new TokenAmount(1_200_000)), (outcome.Refund, outcome.Penalty));
        Assert.Equal(wallet + new TokenAmount(1_200_000), await scene.WalletAsync());
        Assert.Equal(pool + new TokenAmount(1_200_000), await scene.PoolAsync());
        var stake = await scene.StakeAsync();
        Assert.Equal((Stake - new TokenAmount(2_400_000), TokenAmount.Zero), (stake.Bonded, stake.Frozen));
        Assert.Null(await scene.Disputes.FindAsync(scene.Config));
        await scene.ServeAsync(ceiling: 10, cost: 10);
    }

    [Fact]
    public async Task What_is_claimed_later_on_the_same_statement_is_disputed_for_what_is_new()
    {
        using var scene = await Scene.StartAsync(local);
        await scene.ServeAsync(ceiling: 5_000_000, cost: 3_000_000);
        await scene.Books.StateAsync(scene.Config);
        await scene.ClaimAsync(new(3_500_000));
        await scene.DisputeToTheEndAsync();

        await scene.ClaimAsync(new(5_000_000));
        var outcome = await scene.DisputeToTheEndAsync();

        Assert.Equal(new TokenAmount(1_500_000), outcome.Refund);
        Assert.Equal(Stake - new TokenAmount(4_000_000), (await scene.StakeAsync()).Bonded);
    }

    [Fact]
    public async Task An_honest_gateway_answers_and_keeps_its_stake()
    {
        using var scene = await Scene.StartAsync(local);
        await scene.ServeAsync(ceiling: 5_000_000, cost: 3_000_000);
        var statement = (await scene.Books.StateAsync(scene.Config)).Statement;
        await scene.ServeAsync(ceiling: 1_000_000, cost: 900_000);
        await scene.ClaimAsync(scene.Gateway.Charged);
        var found = (await scene.Disputes.FindAsync(scene.Config))!;
        Assert.Equal((new TokenAmount(900_000), true), (found.Amount, found.CanBeAnswered));

        await scene.Disputes.OpenAsync(statement, scene.Config);
        await scene.AnswerAsync(statement.Message);

        var stake = await scene.StakeAsync();
        Assert.Equal((Stake, TokenAmount.Zero), (stake.Bonded, stake.Frozen));
        Assert.Null(await scene.Disputes.RefreshAsync(scene.Config));
        await scene.ServeAsync(ceiling: 10, cost: 10);
        await new Forknet(local.Minter.Chain).AdvanceTimeAsync(3 * 86_400);
        await Assert.ThrowsAsync<ContractRevertedException>(() => scene.Disputes.CloseAsync(statement.Message, scene.Config));
        Assert.Null(await scene.Disputes.FindAsync(scene.Config));
    }

    [Fact]
    public async Task A_claim_within_the_statement_cannot_be_disputed()
    {
        using var scene = await Scene.StartAsync(local);
        await scene.ServeAsync(ceiling: 5_000_000, cost: 3_000_000);
        var statement = (await scene.Books.StateAsync(scene.Config)).Statement;
        await scene.ClaimAsync(scene.Gateway.Charged);

        Assert.Null(await scene.Disputes.FindAsync(scene.Config));
        var refused = await Assert.ThrowsAsync<ContractRevertedException>(() => scene.Disputes.OpenAsync(statement, scene.Config));
        Assert.Contains("NotOverClaimed", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Stake, (await scene.StakeAsync()).Bonded);
    }

    [Fact]
    public async Task Contract_and_library_compute_the_same_digest()
    {
        var statement = new ChannelStatement(new SubnetId(7), local.Settings.InferencePayment, new ChannelId(Hash32.Parse("0x" + new string('6', 64))), new(5), new(3), 9);
        var disputes = new DisputeContract(local.Minter.Chain);
        Assert.Equal(disputes.IdOf(statement), await disputes.ReadIdAsync(statement));
    }

    private sealed class Scene : IDisposable
    {
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();
        private readonly LocalChain local;
        private readonly Party client;
        private readonly Party seller;
        private readonly SubnetId subnet;
        private readonly Payer payer;
        private readonly HttpClient http;

        private Scene(LocalChain local, Party client, Party seller, SubnetId subnet)
        {
            (this.local, this.client, this.seller, this.subnet) = (local, client, seller, subnet);
            Config = new ChannelConfig(client.Address, client.Address, seller.Address, seller.Address, local.Settings.Token, 900, default);
            Gateway = new StatingGateway(seller, subnet, local.Settings.PaymentsDomain, local.Settings.NetworkDomain);
            payer = new Payer(client.Signer, Options(), TimeProvider.System);
            http = new HttpClient(Gateway) { BaseAddress = new Uri("http://gateway.test/") };
            Books = new ChannelBooks(payer, http);
            Disputes = new PayerDisputes(client.Chain, payer);
        }

        public ChannelConfig Config { get; }

        public StatingGateway Gateway { get; }

        public ChannelBooks Books { get; }

        public PayerDisputes Disputes { get; }

        public static async Task<Scene> StartAsync(LocalChain local)
        {
            var (client, seller) = (await local.NewPartyAsync(20), await local.NewPartyAsync(200));
            var registry = new ValidatorRegistryContract(seller.Chain);
            var subnet = await registry.CreateSubnetAsync("text", local.Settings.Token, new SubnetParameters(Stake, Stake, Stake, 14 * 86_400, 600, 500, default));
            await seller.Token.EnsureAllowanceAsync(local.Settings.ValidatorRegistry, Stake);
            await registry.StakeAsync(subnet.Id, SubnetRole.Gateway, Stake);
            var scene = new Scene(local, client, seller, subnet.Id);
            await new PayerEscrow(client.Chain, client.Signer, TimeProvider.System).DepositWithPermitAsync(scene.Config, Deposit);
            return scene;
        }

        public async Task ServeAsync(ulong ceiling, ulong cost)
        {
            var extra = new RequirementsExtra("USD Coin", "2") { ReceiverAuthorizer = seller.Address, WithdrawDelay = 900 };
            var offer = new PaymentRequirements(
                X402Header.BatchSettlement, X402Header.Network(local.Settings.ChainId), new(ceiling), local.Settings.Token, seller.Address, 60, extra);
            var key = Guid.NewGuid().ToString("N");
            var settled = Gateway.Serve(await payer.PayAsync(offer, key, default), new(ceiling), new(cost), Deposit);
            await payer.SettleAsync(Config, key, settled);
        }

        /// <summary>Claims with the best voucher up to any total that it allows, charged or not.</summary>
        public async Task ClaimAsync(TokenAmount total) =>
            Assert.Empty((await seller.Payments.ClaimAsync([new VoucherClaim(Gateway.BestVoucher, total)])).Skipped);

        public Task<Hash32> AnswerAsync(ChannelStatement statement) => new DisputeContract(seller.Chain)
            .AnswerAsync(new DisputeContract(seller.Chain).IdOf(statement), Gateway.BestVoucher);

        public async Task<DisputeOutcome> DisputeToTheEndAsync()
        {
            var broken = (await Disputes.FindAsync(Config))!;
            await Disputes.OpenAsync(broken.Statement, Config);
            await new Forknet(local.Minter.Chain).AdvanceTimeAsync(3 * 86_400);
            return await Disputes.CloseAsync(broken.Statement.Message, Config);
        }

        public Task<StakeView> StakeAsync() => new ValidatorRegistryContract(client.Chain).ReadStakeAsync(subnet, SubnetRole.Gateway, seller.Address);

        public Task<TokenAmount> PoolAsync() => new ValidatorRegistryContract(client.Chain).ReadRewardPoolAsync(subnet, local.Settings.Token);

        public Task<TokenAmount> WalletAsync() => client.Token.ReadBalanceAsync(client.Address);

        public void Dispose()
        {
            http.Dispose();
            payer.Dispose();
            folder.Delete(recursive: true);
        }

        private PayerOptions Options() => new()
        {
            ChainId = local.Settings.ChainId,
            InferencePayment = local.Settings.InferencePayment,
            ValidatorRegistry = local.Settings.ValidatorRegistry,
            Token = local.Settings.Token,
            StateDirectory = folder.FullName,
            MaxPerRequest = Deposit,
            MaxTotal = Deposit,
        };
    }
}
