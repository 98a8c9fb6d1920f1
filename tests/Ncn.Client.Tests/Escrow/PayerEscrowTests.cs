using Ncn.Chain;
using Ncn.Client.Escrow;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Client.Tests.Escrow;

/// <summary>A payer's money on a real chain, to the unit.</summary>
public sealed class PayerEscrowTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Fact]
    public async Task A_permit_deposits_in_one_transaction_and_leaves_no_allowance()
    {
        var (client, escrow) = await PayerAsync(dollars: 10);
        var receiver = await local.NewPartyAsync(0);
        var config = client.ChannelTo(receiver);
        var before = await client.Chain.ReadBlockNumberAsync();

        await escrow.DepositWithPermitAsync(config, new(3_000_000));
        await escrow.DepositBalanceWithPermitAsync(new(2_000_000));

        // anvil mines a block for each transaction.
        Assert.Equal(before + 2, await client.Chain.ReadBlockNumberAsync());
        Assert.Equal(new TokenAmount(3_000_000), (await escrow.ReadChannelAsync(config)).Balance);
        Assert.Equal(new PayerFunds(new(5_000_000), new(2_000_000)), await escrow.ReadFundsAsync());
        Assert.NotNull(await client.Token.EnsureAllowanceAsync(local.Settings.InferencePayment, new(1)));
    }

    [Fact]
    public async Task A_balance_is_allocated_and_the_rest_taken_out_at_once()
    {
        var (client, escrow) = await PayerAsync(dollars: 10);
        var config = client.ChannelTo(await local.NewPartyAsync(0));

        await escrow.DepositBalanceAsync(new(6_000_000));
        await escrow.AllocateAsync(config, new(1_500_000));
        await escrow.WithdrawBalanceAsync(new(4_500_000));

        Assert.Equal(new TokenAmount(1_500_000), (await escrow.ReadChannelAsync(config)).Balance);
        Assert.Equal(new PayerFunds(new(8_500_000), default), await escrow.ReadFundsAsync());
        await Assert.ThrowsAsync<ContractRevertedException>(() => escrow.WithdrawBalanceAsync(new(1)));
    }

    [Fact]
    public async Task A_delegated_key_fills_channels_up_to_its_cap_and_takes_nothing_out()
    {
        var (owner, escrow) = await PayerAsync(dollars: 10);
        var (hot, hotEscrow) = await PayerAsync(dollars: 0);
        var receiver = await local.NewPartyAsync(0);
        var config = owner.ChannelTo(receiver) with { PayerAuthorizer = hot.Address };
        await escrow.DepositBalanceAsync(new(5_000_000));
        await escrow.DelegateAsync(hot.Address, new(2_000_000));

        await hotEscrow.AllocateAsync(config, new(1_200_000));

        Assert.Equal(new TokenAmount(800_000), await escrow.ReadDelegationAsync(owner.Address, hot.Address));
        Assert.Equal(new TokenAmount(1_200_000), (await escrow.ReadChannelAsync(config)).Balance);
        await Assert.ThrowsAsync<ContractRevertedException>(() => hotEscrow.AllocateAsync(config, new(800_001)));
        await Assert.ThrowsAsync<ContractRevertedException>(() => hotEscrow.WithdrawBalanceAsync(new(1)));
        await escrow.DelegateAsync(hot.Address, default);
        await Assert.ThrowsAsync<ContractRevertedException>(() => hotEscrow.AllocateAsync(config, new(1)));
    }

    [Fact]
    public async Task A_channel_is_emptied_after_its_delay_and_not_before()
    {
        var (client, escrow) = await PayerAsync(dollars: 10);
        var config = client.ChannelTo(await local.NewPartyAsync(0));
        await escrow.DepositAsync(config, new(4_000_000));

        await escrow.StartWithdrawalAsync(config, new(4_000_000));

        Assert.InRange(await escrow.ReadFinishableAtAsync(config) - await escrow.ReadNextBlockTimeAsync(), config.WithdrawDelay - 300, config.WithdrawDelay);
        await Assert.ThrowsAsync<ContractRevertedException>(() => escrow.FinishWithdrawalAsync(config));
        await new Forknet(local.Minter.Chain).AdvanceTimeAsync(config.WithdrawDelay);
        Assert.Equal(new TokenAmount(4_000_000), (await escrow.FinishWithdrawalAsync(config)).Amount);
        Assert.Equal(new PayerFunds(new(10_000_000), default), await escrow.ReadFundsAsync());
        Assert.Equal(0ul, await escrow.ReadFinishableAtAsync(config));
    }

    [Fact]
    public async Task The_key_that_signs_is_the_one_that_sends()
    {
        var (client, _) = await PayerAsync(dollars: 0);
        Assert.Throws<ArgumentException>(() => new PayerEscrow(client.Chain, local.Minter.Signer, TimeProvider.System));
    }

    private async Task<(Party Party, PayerEscrow Escrow)> PayerAsync(ulong dollars)
    {
        var party = await local.NewPartyAsync(dollars);
        return (party, new PayerEscrow(party.Chain, party.Signer, TimeProvider.System));
    }
}
