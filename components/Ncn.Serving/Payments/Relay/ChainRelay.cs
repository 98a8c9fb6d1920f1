using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Tokens;
using Ncn.Chain.Transactions;
using Ncn.Hosting;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Vault;

namespace Ncn.Serving.Payments.Relay;

/// <summary>The real chain, and the relay key of this gateway.</summary>
internal sealed class ChainRelay : IPaymentChain, IDisposable
{
    // An authorization lives for minutes; at four blocks a second this is more than three hours.
    private const ulong SearchBlocks = 50_000;

    private readonly ChainConnection _connection;
    private readonly RelayedCalls _calls;
    private readonly AuthorizedTransfers _transfers;
    private readonly TokenContract _token;

    public ChainRelay(ChainSettings settings, IConfiguration configuration, IOptions<GatewayOptions> options, ILogger<ChainRelay> log)
    {
        var name = $"relay-{options.Value.RelayName ?? options.Value.SubnetName}";
        var path = options.Value.RelayKeyFile ?? Path.Combine(configuration["Ncn:Keys:Directory"] ?? ".", $"{name}.key");
        // A vault is asked only when the deployment says that this is the one process that sends with the key.
        if (options.Value.RelayInVault || File.Exists(path))
        {
            var key = options.Value.RelayInVault ? KeySource.Of(configuration).ReadHex(name) : KeyFile.ReadHex(path);
            _connection = new ChainConnection(settings with { JournalDirectory = JournalFolder(settings, configuration) }, key);
        }
        else
        {
            log.LogWarning("There is no relay key {Path}: this gateway takes vouchers, and no transfers, deposits or refunds", path);
            _connection = new ChainConnection(settings);
        }

        (_calls, _transfers, _token) = (new(_connection), new(_connection, settings.Token), new(_connection, settings.Token));
    }

    public Address? Relay => _connection.Sender;

    public Task<TokenAmount> ReadBalanceAsync(Address account, CancellationToken cancellationToken) => _token.ReadBalanceAsync(account);

    public Task<bool> IsUsedAsync(Address payer, Hash32 nonce, CancellationToken cancellationToken) => _transfers.IsUsedAsync(payer, nonce);

    public async Task<string?> TryTransferAsync(ExactPayload payload, CancellationToken cancellationToken)
    {
        try
        {
            await _transfers.TryAsync(Transfer(payload));
            return null;
        }
        catch (ContractRevertedException refused)
        {
            return refused.Error;
        }
    }

    public async Task<Hash32?> FindTransferAsync(TransferWithAuthorization transfer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        return await _transfers.IsUsedAsync(transfer.From, transfer.Nonce)
            ? await _transfers.FindAsync(transfer.From, transfer.To, transfer.Value, transfer.Nonce, SearchBlocks)
            : null;
    }

    public Task<ulong> ReadRefundNonceAsync(ChannelId channel, CancellationToken cancellationToken) => _calls.ReadRefundNonceAsync(channel);

    public Task<RelayOutcome> TransferAsync(string purpose, ExactPayload payload, CancellationToken cancellationToken) =>
        SendAsync(purpose, _transfers.Call(Transfer(payload)), cancellationToken);

    public Task<RelayOutcome> DepositAsync(string purpose, ChannelConfig config, DepositView deposit, CancellationToken cancellationToken)
    {
        var authorization = deposit.Authorization.Erc3009Authorization!;
        return SendAsync(
            purpose, _calls.Deposit(config, deposit.Amount, Eip3009.CanonicalCollector, Eip3009.CollectorData(authorization)), cancellationToken);
    }

    public Task<RelayOutcome> RefundAsync(
        string purpose, ChannelConfig config, TokenAmount amount, ulong nonce, Signature signature, CancellationToken cancellationToken) =>
        SendAsync(purpose, _calls.Refund(config, amount, nonce, signature), cancellationToken);

    public void Dispose() => _connection.Dispose();

    // What was sent is remembered over restarts wherever the app has a folder of its own.
    private static string? JournalFolder(ChainSettings settings, IConfiguration configuration) => settings.JournalDirectory
        ?? (configuration["Ncn:State:Directory"] is { Length: > 0 } state
            ? Path.Combine(state, "apps", configuration["APP_ID"] ?? "gateway", "transactions") : null);

    private async Task<RelayOutcome> SendAsync(string purpose, TransactionCall call, CancellationToken cancellationToken) =>
        await _connection.Transactions.SendAsync(new PurposeId(purpose), call, cancellationToken) switch
        {
            TransactionOutcome.Mined mined => new RelayOutcome.Mined(mined.Receipt.Transaction),
            TransactionOutcome.Reverted refused => new RelayOutcome.Refused(refused.Error, refused.Reason),
            TransactionOutcome.Pending pending => new RelayOutcome.Pending(pending.Hash),
            var other => throw new InvalidOperationException($"{other} is no outcome."),
        };

    private static AuthorizedTransfer Transfer(ExactPayload payload)
    {
        var authorization = payload.Authorization;
        return new AuthorizedTransfer(
            authorization.From, authorization.To, authorization.Value, authorization.ValidAfter.Units, authorization.ValidBefore.Units,
            authorization.Nonce, payload.Signature);
    }
}
