using System.Numerics;
using Ncn.Chain.Payment;
using Ncn.Chain.Tests.Support;
using Ncn.Chain.Tokens;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Tests.Escrow;
using Nethereum.ABI;

namespace Ncn.Chain.Tests;

/// <summary>A relay key pays the gas for payers who signed off the chain.</summary>
public sealed class RelayTests(LocalChain local) : IClassFixture<LocalChain>
{
    private static readonly Hash32 Nonce = new(Keccak256.Hash([7]));

    [Fact]
    public async Task A_transfer_is_settled_once_and_its_repeat_is_refused_in_words()
    {
        var (payer, shop, relay) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0), await local.NewPartyAsync(0));
        var call = new AuthorizedTransfers(relay.Chain, local.Settings.Token).Call(await AuthorizeAsync(payer, shop.Address, "TransferWithAuthorization", Nonce));

        Assert.IsType<TransactionOutcome.Mined>(await relay.Chain.Transactions.SendAsync(new("x402:1"), call));
        Assert.IsType<TransactionOutcome.Mined>(await relay.Chain.Transactions.SendAsync(new("x402:1"), call));
        var again = Assert.IsType<TransactionOutcome.Reverted>(await relay.Chain.Transactions.SendAsync(new("x402:2"), call));

        Assert.Equal("ERC3009UsedAuthorization", again.Error);
        Assert.Equal((250_000UL, 750_000UL), (await shop.DollarsAsync(), await payer.DollarsAsync()));
    }

    [Fact]
    public async Task A_transfer_that_another_relay_settles_in_between_is_refused_in_words()
    {
        var (payer, shop) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var authorization = await AuthorizeAsync(payer, shop.Address, "TransferWithAuthorization", Nonce);
        Party[] relays = [await local.NewPartyAsync(0), await local.NewPartyAsync(0)];
        Task<TransactionOutcome[]> sent;
        await using (await new Anvil(local.Settings.Rpc).PauseMiningAsync())
        {
            sent = Task.WhenAll(relays.Select(relay =>
                relay.Chain.Transactions.SendAsync(new("x402:1"), new AuthorizedTransfers(relay.Chain, local.Settings.Token).Call(authorization))));
            foreach (var relay in relays)
            {
                while (!sent.IsCompleted && (await relay.Chain.Transactions.ListUnfinishedAsync()).Count == 0)
                {
                    await Task.Yield(); // until both were tried and signed, and none is mined
                }
            }
        }

        // Now and then anvil leaves a transaction in its pool that came while mining was paused.
        while (!sent.IsCompleted)
        {
            await new Anvil(local.Settings.Rpc).MineAsync();
        }

        var outcomes = await sent;
        Assert.True(
            outcomes.OfType<TransactionOutcome.Mined>().Count() == 1,
            string.Join("; ", outcomes.Zip(relays, static (outcome, relay) => $"{outcome} ({relay.Chain.Transactions.Trouble ?? "no trouble"})")));
        var refused = Assert.Single(outcomes.OfType<TransactionOutcome.Reverted>());
        Assert.Equal(("ERC3009UsedAuthorization", true), (refused.Error, refused.Transaction is not null));
    }

    [Fact]
    public async Task A_channel_is_filled_through_the_collector()
    {
        var (payer, shop, relay) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0), await local.NewPartyAsync(0));
        var (channel, salt) = (payer.ChannelTo(shop), new BigInteger(9));
        var collector = local.Artifacts.Contracts["Eip3009Collector"].Address;
        var nonce = new Hash32(Keccak256.Hash([.. payer.IdOf(channel).Value.ToArray(), .. new byte[31], 9]));
        var authorization = await AuthorizeAsync(payer, collector, "ReceiveWithAuthorization", nonce);
        var data = new ABIEncode().GetABIEncoded(
            new ABIValue("uint256", BigInteger.Zero), new ABIValue("uint256", (BigInteger)authorization.ValidBefore), new ABIValue("uint256", salt),
            new ABIValue("bytes", authorization.Signature.ToArray()));

        var sent = await relay.Chain.Transactions.SendAsync(new("deposit:1"), new RelayedCalls(relay.Chain).Deposit(channel, authorization.Value, collector, data));

        Assert.IsType<TransactionOutcome.Mined>(sent);
        Assert.Equal(authorization.Value, (await shop.Payments.ReadChannelAsync(payer.IdOf(channel))).Balance);
    }

    [Fact]
    public async Task A_balance_is_filled_by_authorization()
    {
        var (payer, relay) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var authorization = await AuthorizeAsync(payer, local.Settings.InferencePayment, "ReceiveWithAuthorization", Nonce);

        await relay.Chain.SendAsync(new RelayedCalls(relay.Chain).DepositBalance(local.Settings.Token, authorization));

        Assert.Equal(authorization.Value, await payer.Payments.ReadUnallocatedAsync(payer.Address, local.Settings.Token));
    }

    private static async Task<AuthorizedTransfer> AuthorizeAsync(Party payer, Address to, string kind, Hash32 nonce)
    {
        var before = await payer.Chain.ReadTimeAsync() + 3600;
        var message = new Authorization(kind, payer.Address, to, new TokenAmount(250_000), before, nonce);
        var signed = payer.Signer.Sign(message, await payer.Token.ReadDomainAsync());
        return new AuthorizedTransfer(payer.Address, to, message.Value, 0, before, nonce, signed.Signature);
    }

    private sealed record Authorization(string Kind, Address From, Address To, TokenAmount Value, ulong Before, Hash32 Nonce) : ITypedData
    {
        public Hash32 StructHash() => new TypedDataEncoder(TypedDataEncoder.TypeHash(
                $"{Kind}(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"))
            .Address(From).Address(To).Number(Value.Units).Number(0).Number(Before).Word(Nonce).Hash();
    }
}
