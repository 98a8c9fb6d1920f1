using Ncn.Client.Paying;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Paying;

/// <summary>Payer and seller in every order of steps that a seed makes: requests side by side, lost answers, a payer that forgets.</summary>
public sealed class PayerChannelTests
{
    private const ulong Ceiling = 100;
    private static readonly TokenAmount Limit = new(1_000_000);
    private static readonly ChannelFunds Funds = new(Limit, default);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_request_is_taken_after_one_correction_at_most_and_little_is_signed_in_excess(int seed)
    {
        using var client = Receipts.Key(1);
        using var seller = Receipts.Key(2);
        var config = new ChannelConfig(client.Address, client.Address, seller.Address, seller.Address, LedgerGateway.Token, 900, default);
        var world = new World(new Random(seed), client, config);
        for (var step = 0; step < 2000; step++)
        {
            world.Step();
        }

        Assert.True(world.Served > 500, $"only {world.Served} requests were served");
        Assert.True(world.Statements > 20, $"only {world.Statements} statements were made");
    }

    [Fact]
    public void A_receiver_that_claims_to_hold_more_than_was_signed_gets_no_higher_signature_for_it()
    {
        using var client = Receipts.Key(1);
        var config = new ChannelConfig(client.Address, client.Address, client.Address, client.Address, LedgerGateway.Token, 900, default);
        var payer = PayerChannel.New(config).Authorize("a", new Hold(new TokenAmount(100), ulong.MaxValue), 1, Limit);
        payer = payer.Settle("a", new ChannelStateView(config.Id(LedgerGateway.Domain), Limit, default, new TokenAmount(100), Limit));
        Assert.Equal(new TokenAmount(200), payer.Authorize("b", new Hold(new TokenAmount(100), ulong.MaxValue), 1, Limit).Signed);
    }

    private sealed class World(Random random, Signer client, ChannelConfig config)
    {
        private readonly List<(string Key, ulong Cost)> running = [];
        private PayerChannel payer = PayerChannel.New(config);
        private ChannelState ledger = ChannelState.Empty;
        private int next;
        private ulong now = 1;

        public int Served { get; private set; }

        public int Statements { get; private set; }

        public void Step()
        {
            switch (random.Next(10))
            {
                case < 5 when running.Count < 8:
                    Begin();
                    break;
                case < 9 when running.Count > 0:
                    End(random.Next(running.Count));
                    break;
                case 9 when random.Next(20) == 0:
                    payer = PayerChannel.New(config);
                    break;
                case 9 when random.Next(4) == 0:
                    while (running.Count > 0)
                    {
                        End(0);
                    }

                    State();
                    break;
            }
        }

        private void Begin()
        {
            var key = $"{next++}";
            var result = Offer(key);
            if (result.Outcome == ChannelOutcome.VoucherTooLow)
            {
                payer = payer.Correct(View(result), new VoucherStateView(result.VoucherMax, result.VoucherSignature), LedgerGateway.Domain);
                result = Offer(key);
            }

            Assert.Equal(ChannelOutcome.Accepted, result.Outcome);
            // All that runs, what was lost on the way, and the new one: nothing else may have been signed for.
            Assert.True(payer.Signed <= ledger.Charged + new TokenAmount(Ceiling * 9), $"{payer.Signed} signed for {ledger.Charged} charged");
            running.Add((key, (ulong)random.Next((int)Ceiling + 1)));
        }

        private void State()
        {
            now += ChannelLedger.StatementIntervalMilliseconds;
            var voucher = payer.Signed.IsZero ? null : SignedVoucher.Create(config, payer.Signed, client, LedgerGateway.Domain);
            var result = Apply(new ChannelInput.State(now, voucher, now));
            if (result is { Outcome: ChannelOutcome.Accepted or ChannelOutcome.Repeated, Stated: { } stated })
            {
                var statement = new ChannelStatement(new SubnetId(1), LedgerGateway.Escrow, config.Id(LedgerGateway.Domain), stated.MaxClaimable, stated.Charged, 1);
                payer = random.Next(3) == 0 ? payer : payer.Take(statement);
                Statements++;
            }
        }

        private ChannelResult Offer(string key)
        {
            payer = payer.Authorize(key, new Hold(new TokenAmount(Ceiling), ulong.MaxValue), 1, Limit);
            var voucher = SignedVoucher.Create(config, payer.Signed, client, LedgerGateway.Domain);
            return Apply(new ChannelInput.Reserve(1, key, voucher, new TokenAmount(Ceiling), Funds, ulong.MaxValue));
        }

        private void End(int index)
        {
            var (key, cost) = running[index];
            running.RemoveAt(index);
            var result = Apply(new ChannelInput.Charge(2, key, new TokenAmount(cost)));
            var answerIsLost = random.Next(4) == 0;
            payer = answerIsLost ? payer.Release(key) : payer.Settle(key, View(result), new TokenAmount(cost));
            Assert.True(payer.Accounted.Total <= payer.Charged);
            Served++;
        }

        private ChannelResult Apply(ChannelInput input)
        {
            (ledger, var result) = ChannelLedger.Apply(ledger, input);
            return result;
        }

        private ChannelStateView View(ChannelResult result) =>
            new(config.Id(LedgerGateway.Domain), Limit, default, result.Charged, result.Reserved, StatedMaxClaimable: result.Stated?.MaxClaimable);
    }
}
