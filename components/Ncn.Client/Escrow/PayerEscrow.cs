using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Tokens;
using Ncn.Protocol;

namespace Ncn.Client.Escrow;

/// <summary>A payer's money on the chain: wallet, balance in escrow, and channels. Each call waits until its transaction is mined.</summary>
/// <remarks>Refusals of the contracts are <see cref="ContractRevertedException"/>, silence of the chain is <see cref="ChainUnavailableException"/>.</remarks>
public sealed class PayerEscrow
{
    /// <summary>How long a permit that we sign is good, seconds of the chain's clock: it is sent at once.</summary>
    private const ulong PermitSeconds = 3600;

    private readonly ChainConnection chain;
    private readonly Signer signer;
    private readonly TimeProvider time;
    private readonly InferencePaymentContract payments;
    private readonly PayerContract payer;
    private readonly TokenContract token;

    /// <param name="chain">Sends with the key of <paramref name="signer"/>.</param>
    /// <param name="signer">Signs permits.</param>
    public PayerEscrow(ChainConnection chain, Signer signer, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(signer);
        if (chain.Sender != signer.Address)
        {
            throw new ArgumentException($"The connection sends as {chain.Sender}, and the key is that of {signer.Address}.", nameof(signer));
        }

        (this.chain, this.signer, this.time) = (chain, signer, time);
        (payments, payer, token) = (new(chain), new(chain), new(chain, chain.Settings.Token));
    }

    /// <summary>Whose money it is.</summary>
    public Address Address => signer.Address;

    /// <summary>What the payer owns outside its channels.</summary>
    public async Task<PayerFunds> ReadFundsAsync() =>
        new(await token.ReadBalanceAsync(Address), await payments.ReadUnallocatedAsync(Address, token.Address));

    /// <summary>A channel as the chain has it.</summary>
    public Task<ChannelView> ReadChannelAsync(ChannelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return payments.ReadChannelAsync(config.Id(chain.Settings.PaymentsDomain));
    }

    /// <summary>When a begun withdrawal can be ended, unix seconds; 0 when none has begun.</summary>
    public async Task<ulong> ReadFinishableAtAsync(ChannelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var begunAt = (await ReadChannelAsync(config)).WithdrawalBegunAt;
        return begunAt == 0 ? 0 : begunAt + config.WithdrawDelay;
    }

    /// <summary>The time that the next block will have at least, unix seconds: a chain without transactions has old blocks, and a local one may be ahead.</summary>
    public async Task<ulong> ReadNextBlockTimeAsync() => Math.Max(await chain.ReadTimeAsync(), (ulong)time.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>From the wallet into a channel, by an allowance that is given first when the present one is too small.</summary>
    public async Task<Hash32> DepositAsync(ChannelConfig config, TokenAmount amount, CancellationToken cancellationToken = default)
    {
        await token.EnsureAllowanceAsync(chain.Settings.InferencePayment, amount, cancellationToken);
        return await payments.DepositAsync(config, amount, cancellationToken);
    }

    /// <summary>From the wallet into a channel in one transaction, by a signed permit (EIP-2612).</summary>
    public async Task<Hash32> DepositWithPermitAsync(ChannelConfig config, TokenAmount amount, CancellationToken cancellationToken = default) =>
        await payer.DepositAsync(config, amount, await PermitAsync(amount), cancellationToken);

    /// <summary>From the wallet into the balance that is in no channel yet.</summary>
    public async Task<Hash32> DepositBalanceAsync(TokenAmount amount, CancellationToken cancellationToken = default)
    {
        await token.EnsureAllowanceAsync(chain.Settings.InferencePayment, amount, cancellationToken);
        return await payments.DepositBalanceAsync(token.Address, amount, cancellationToken);
    }

    /// <summary>The same in one transaction, by a signed permit.</summary>
    public async Task<Hash32> DepositBalanceWithPermitAsync(TokenAmount amount, CancellationToken cancellationToken = default) =>
        await payer.DepositBalanceAsync(token.Address, amount, await PermitAsync(amount), cancellationToken);

    /// <summary>From the balance into a channel: of the payer, or of one that delegated to this key.</summary>
    public Task<Hash32> AllocateAsync(ChannelConfig config, TokenAmount amount, CancellationToken cancellationToken = default) =>
        payments.AllocateAsync(config, amount, cancellationToken);

    /// <summary>Lets another key, which signs vouchers, fill channels from the balance up to a cap. It replaces an earlier cap; zero takes it back.</summary>
    public Task<Hash32> DelegateAsync(Address authorizer, TokenAmount cap, CancellationToken cancellationToken = default) =>
        payer.DelegateAsync(authorizer, token.Address, cap, cancellationToken);

    /// <summary>What of a delegation is left.</summary>
    public Task<TokenAmount> ReadDelegationAsync(Address owner, Address authorizer) => payer.ReadDelegationAsync(owner, authorizer, token.Address);

    /// <summary>From the balance back into the wallet, at once.</summary>
    public Task<Hash32> WithdrawBalanceAsync(TokenAmount amount, CancellationToken cancellationToken = default) =>
        payments.WithdrawBalanceAsync(token.Address, amount, cancellationToken);

    /// <summary>Begins to take unclaimed escrow out of a channel. The receiver can claim until the channel's delay has passed.</summary>
    public Task<Hash32> StartWithdrawalAsync(ChannelConfig config, TokenAmount amount, CancellationToken cancellationToken = default) =>
        payments.InitiateWithdrawAsync(config, amount, cancellationToken);

    /// <summary>Ends a withdrawal; says what came back, claims in between deducted.</summary>
    public Task<SettleOutcome> FinishWithdrawalAsync(ChannelConfig config, CancellationToken cancellationToken = default) =>
        payments.FinalizeWithdrawAsync(config, cancellationToken);

    private async Task<Signed<TokenPermit>> PermitAsync(TokenAmount amount)
    {
        var deadline = await ReadNextBlockTimeAsync() + PermitSeconds;
        var permit = new TokenPermit(Address, chain.Settings.InferencePayment, amount, await token.ReadPermitNonceAsync(Address), deadline);
        return signer.Sign(permit, await token.ReadDomainAsync());
    }
}

/// <param name="Wallet">The payer's own tokens.</param>
/// <param name="Unallocated">In escrow and in no channel; it can be taken out at once.</param>
public sealed record PayerFunds(TokenAmount Wallet, TokenAmount Unallocated);
