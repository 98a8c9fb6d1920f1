using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Payments.Relay;

/// <summary>What payments need of the chain, and the relay key's transactions. Second implementation: the tests' chain that can fail at will.</summary>
/// <remarks>The relay key pays gas and has no authority: each call carries the signature of whoever owns the money.</remarks>
public interface IPaymentChain
{
    /// <summary>Who sends; null when this gateway has no relay key and so takes nothing that needs a transaction.</summary>
    Address? Relay { get; }

    /// <summary>What an account holds of the token.</summary>
    Task<TokenAmount> ReadBalanceAsync(Address account, CancellationToken cancellationToken);

    /// <summary>True when the payer's EIP-3009 nonce was used or cancelled.</summary>
    Task<bool> IsUsedAsync(Address payer, Hash32 nonce, CancellationToken cancellationToken);

    /// <summary>Tries a transfer without sending it; null when it would pass, else the name of the contract's error.</summary>
    Task<string?> TryTransferAsync(ExactPayload payload, CancellationToken cancellationToken);

    /// <summary>The transaction that carried out this very transfer; null when none is found.</summary>
    Task<Hash32?> FindTransferAsync(TransferWithAuthorization transfer, CancellationToken cancellationToken);

    /// <summary>The channel's refund nonce.</summary>
    Task<ulong> ReadRefundNonceAsync(ChannelId channel, CancellationToken cancellationToken);

    /// <summary>Sends a transfer; the same purpose never sends a second one.</summary>
    Task<RelayOutcome> TransferAsync(string purpose, ExactPayload payload, CancellationToken cancellationToken);

    /// <summary>Sends a deposit by the collector.</summary>
    Task<RelayOutcome> DepositAsync(string purpose, ChannelConfig config, DepositView deposit, CancellationToken cancellationToken);

    /// <summary>Sends a refund that the receiver's key has signed.</summary>
    Task<RelayOutcome> RefundAsync(string purpose, ChannelConfig config, TokenAmount amount, ulong nonce, Signature signature, CancellationToken cancellationToken);
}

/// <summary>What became of a relayed transaction.</summary>
public abstract record RelayOutcome
{
    private RelayOutcome()
    {
    }

    /// <summary>It is in a block and did what it was to do.</summary>
    public sealed record Mined(Hash32 Transaction) : RelayOutcome;

    /// <summary>The contract refused; nothing moved.</summary>
    /// <param name="Error">The name of the contract's error; empty when unknown.</param>
    public sealed record Refused(string Error, string Reason) : RelayOutcome;

    /// <summary>Sent, and not known to be mined. It may be, now or later: ask again for the same purpose.</summary>
    public sealed record Pending(Hash32 Transaction) : RelayOutcome;
}
