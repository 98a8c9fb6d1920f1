using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A token and an escrow in memory, whose transactions a test can delay or refuse.</summary>
internal sealed class MemoryChain : IPaymentChain
{
    private readonly Dictionary<(Address, Hash32), (TransferWithAuthorization Transfer, Hash32 Transaction)> _used = [];
    private int _sent;

    public Dictionary<Address, ulong> Balances { get; } = [];

    /// <summary>What the token says to a transfer that is only tried.</summary>
    public string? Refusal { get; set; }

    /// <summary>Transactions are sent and not seen in a block.</summary>
    public bool IsStuck { get; set; }

    /// <summary>Runs just before a transaction is mined.</summary>
    public Action BeforeMining { get; set; } = static () => { };

    /// <summary>Runs just before a deposit is mined.</summary>
    public Action BeforeDeposit { get; set; } = static () => { };

    /// <summary>Transfers that moved money.</summary>
    public int Transfers { get; private set; }

    public ulong RefundNonce { get; set; }

    public Address? Relay { get; set; } = Address.Parse("0x00000000000000000000000000000000000000AA");

    public Task<TokenAmount> ReadBalanceAsync(Address account, CancellationToken cancellationToken) =>
        Task.FromResult(new TokenAmount(Balances.GetValueOrDefault(account)));

    public Task<bool> IsUsedAsync(Address payer, Hash32 nonce, CancellationToken cancellationToken) => Task.FromResult(_used.ContainsKey((payer, nonce)));

    public Task<string?> TryTransferAsync(ExactPayload payload, CancellationToken cancellationToken) => Task.FromResult(Refusal);

    public Task<Hash32?> FindTransferAsync(TransferWithAuthorization transfer, CancellationToken cancellationToken) => Task.FromResult(
        _used.TryGetValue((transfer.From, transfer.Nonce), out var use) && use.Transfer == transfer ? use.Transaction : (Hash32?)null);

    public Task<ulong> ReadRefundNonceAsync(ChannelId channel, CancellationToken cancellationToken) => Task.FromResult(RefundNonce);

    public Task<RelayOutcome> TransferAsync(string purpose, ExactPayload payload, CancellationToken cancellationToken)
    {
        BeforeMining();
        return Task.FromResult(IsStuck ? new RelayOutcome.Pending(HashOf(purpose)) : Transfer(purpose, payload.Authorization));
    }

    public Task<RelayOutcome> DepositAsync(string purpose, ChannelConfig config, DepositView deposit, CancellationToken cancellationToken)
    {
        BeforeDeposit();
        return Task.FromResult<RelayOutcome>(Move(config.Payer, Address.Zero, (ulong)deposit.Amount.Units) is { } refused ? refused : Mined(purpose));
    }

    public Task<RelayOutcome> RefundAsync(
        string purpose, ChannelConfig config, TokenAmount amount, ulong nonce, Signature signature, CancellationToken cancellationToken)
    {
        if (nonce != RefundNonce)
        {
            return Task.FromResult<RelayOutcome>(new RelayOutcome.Refused("InvalidRefundNonce", "the nonce was used"));
        }

        RefundNonce++;
        Balances[config.Payer] = Balances.GetValueOrDefault(config.Payer) + (ulong)amount.Units;
        return Task.FromResult<RelayOutcome>(Mined(purpose));
    }

    private static Hash32 HashOf(string purpose) => Keccak256.Of(System.Text.Encoding.UTF8.GetBytes(purpose));

    private RelayOutcome.Mined Mined(string purpose) => new(HashOf($"{purpose}-{++_sent}"));

    private RelayOutcome Transfer(string purpose, TransferWithAuthorization transfer)
    {
        if (_used.ContainsKey((transfer.From, transfer.Nonce)))
        {
            return new RelayOutcome.Refused("ERC3009UsedAuthorization", "the authorization was used");
        }

        if (Move(transfer.From, transfer.To, (ulong)transfer.Value.Units) is { } refused)
        {
            return refused;
        }

        Transfers++;
        var mined = Mined(purpose);
        _used[(transfer.From, transfer.Nonce)] = (transfer, mined.Transaction);
        return mined;
    }

    private RelayOutcome.Refused? Move(Address from, Address to, ulong amount)
    {
        if (Balances.GetValueOrDefault(from) < amount)
        {
            return new RelayOutcome.Refused("ERC20InsufficientBalance", "the balance is too low");
        }

        Balances[from] -= amount;
        Balances[to] = Balances.GetValueOrDefault(to) + amount;
        return null;
    }
}
