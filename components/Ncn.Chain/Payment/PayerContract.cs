using System.Numerics;
using Ncn.Protocol;
using Nethereum.Contracts;

namespace Ncn.Chain.Payment;

/// <summary>What payers alone do at the escrow: deposits by a signed permit instead of an allowance, and a key that may fill their channels.</summary>
/// <remarks>Every sending call waits until it is mined, and throws <see cref="ChainException"/> when it is refused or nothing answers.</remarks>
public sealed class PayerContract(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.InferencePayment;

    /// <summary>Moves tokens of the sender into a channel, allowed by a permit in the same transaction.</summary>
    /// <param name="permit">Signed by the sender for exactly this contract and at least the amount.</param>
    public Task<Hash32> DepositAsync(ChannelConfig config, TokenAmount amount, Signed<TokenPermit> permit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        var deposit = new DepositMessage { Config = ChannelTuple.From(config), Amount = amount.Units, Collector = Address.Zero.ToString() };
        return SendAsync(Together(PermitOf(config.Token, permit), deposit), cancellationToken);
    }

    /// <summary>Moves tokens of the sender into its unallocated balance, allowed by a permit in the same transaction.</summary>
    public Task<Hash32> DepositBalanceAsync(Address token, TokenAmount amount, Signed<TokenPermit> permit, CancellationToken cancellationToken = default) => SendAsync(
        Together(PermitOf(token, permit), new DepositBalanceMessage { Token = token.ToString(), Amount = amount.Units }), cancellationToken);

    /// <summary>Lets the key that signs vouchers allocate up to a cap of the sender's balance; a new cap replaces the old one, zero takes it back.</summary>
    public Task<Hash32> DelegateAsync(Address authorizer, Address token, TokenAmount cap, CancellationToken cancellationToken = default) =>
        SendAsync(new DelegateMessage { Authorizer = authorizer.ToString(), Token = token.ToString(), Cap = cap.Units }, cancellationToken);

    /// <summary>What the authorizer may still allocate.</summary>
    public async Task<TokenAmount> ReadDelegationAsync(Address payer, Address authorizer, Address token) => new((UInt128)await chain
        .QueryAsync<DelegationsMessage, BigInteger>(_contract, new DelegationsMessage { Payer = payer.ToString(), Authorizer = authorizer.ToString(), Token = token.ToString() })
        .ConfigureAwait(false));

    // The deposit's own type is needed: the ABI is read from the type that the compiler sees.
    private static MulticallMessage Together<TDeposit>(PermitMessage permit, TDeposit deposit)
        where TDeposit : FunctionMessage, new() => new() { Data = [permit.GetCallData(), deposit.GetCallData()] };

    private static PermitMessage PermitOf(Address token, Signed<TokenPermit> permit)
    {
        ArgumentNullException.ThrowIfNull(permit);
        var signature = permit.Signature.ToArray();
        return new PermitMessage
        {
            Token = token.ToString(),
            Amount = permit.Message.Value.Units,
            Deadline = permit.Message.Deadline,
            V = signature[^1],
            R = signature[..Hash32.Size],
            S = signature[Hash32.Size..(2 * Hash32.Size)],
        };
    }

    private async Task<Hash32> SendAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
        where TMessage : FunctionMessage, new() =>
        (await chain.SendAsync(_contract, message, cancellationToken).ConfigureAwait(false)).Transaction;
}
