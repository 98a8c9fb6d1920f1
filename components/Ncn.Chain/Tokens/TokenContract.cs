using System.Numerics;
using Ncn.Protocol;

namespace Ncn.Chain.Tokens;

/// <summary>The ERC-20 that is paid in: USDC, or TestUsd on a forknet, which alone can mint.</summary>
public sealed class TokenContract(ChainConnection chain, Address token)
{
    /// <summary>Where it stands.</summary>
    public Address Address => token;

    /// <summary>What an account holds. A balance above 2^128 units is no amount that the network can pay: it throws <see cref="OverflowException"/>.</summary>
    public async Task<TokenAmount> ReadBalanceAsync(Address account) => new((UInt128)await chain
        .QueryAsync<BalanceOfMessage, BigInteger>(token, new BalanceOfMessage { Account = account.ToString() }).ConfigureAwait(false));

    /// <summary>Makes units for an account; TestUsd only, by its minter.</summary>
    public async Task<Hash32> MintAsync(Address account, TokenAmount amount, CancellationToken cancellationToken = default) =>
        (await chain.SendAsync(token, new MintMessage { Account = account.ToString(), Amount = amount.Units }, cancellationToken).ConfigureAwait(false)).Transaction;

    /// <summary>Lets a contract take up to this much from the sender.</summary>
    public async Task<Hash32> ApproveAsync(Address spender, TokenAmount amount, CancellationToken cancellationToken = default) =>
        (await chain.SendAsync(token, new ApproveMessage { Spender = spender.ToString(), Value = amount.Units }, cancellationToken).ConfigureAwait(false)).Transaction;

    /// <summary>Approves only when the present allowance is smaller, so that a repeat sends nothing. Null: it was enough.</summary>
    public async Task<Hash32?> EnsureAllowanceAsync(Address spender, TokenAmount amount, CancellationToken cancellationToken = default)
    {
        var owner = chain.Sender ?? throw new InvalidOperationException("An allowance needs a key to give it.");
        var query = new AllowanceMessage { Owner = owner.ToString(), Spender = spender.ToString() };
        var present = await chain.QueryAsync<AllowanceMessage, BigInteger>(token, query).ConfigureAwait(false);
        return present >= amount.Units ? null : await ApproveAsync(spender, amount, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The EIP-712 domain that permits and authorizations of this token are signed under; USDC states its version.</summary>
    public async Task<Eip712Domain> ReadDomainAsync() => new(
        await chain.QueryAsync<NameMessage, string>(token, new NameMessage()).ConfigureAwait(false),
        await chain.QueryAsync<VersionMessage, string>(token, new VersionMessage()).ConfigureAwait(false),
        chain.Settings.ChainId, token);

    /// <summary>The nonce of an owner's next EIP-2612 permit.</summary>
    public async Task<UInt128> ReadPermitNonceAsync(Address owner) => (UInt128)await chain
        .QueryAsync<NoncesMessage, BigInteger>(token, new NoncesMessage { Owner = owner.ToString() }).ConfigureAwait(false);
}
