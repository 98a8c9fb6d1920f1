using System.Collections.Concurrent;
using Ncn.Payments.Channels;
using Ncn.Payments.Policies;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>Signs vouchers within the limits of its options, and keeps the channels that it signs for.</summary>
public sealed class Payer(Signer signer, PayerOptions options, TimeProvider time) : IDisposable
{
    private readonly Eip712Domain domain = options.Domain;
    private readonly ConcurrentDictionary<ChannelId, ChannelFile> files = new();

    /// <summary>Who signs, and pays unless the options name another payer.</summary>
    public Address Address => signer.Address;

    /// <summary>A channel's id in the escrow that this payer uses.</summary>
    public ChannelId IdOf(ChannelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Id(domain);
    }

    /// <summary>Our own books of a channel.</summary>
    public Task<PayerChannel> ReadAsync(ChannelConfig config, CancellationToken cancellation) =>
        File(config).UpdateAsync(config, static channel => channel, cancellation);

    /// <summary>The statements that were kept of a channel, the oldest first.</summary>
    public IReadOnlyList<Signed<ChannelStatement>> Statements(ChannelConfig config) => StatementFile.Read(options.StateDirectory, IdOf(config));

    /// <summary>Chooses the offer that can be paid; throws <see cref="PaymentException"/> when there is none or it is too dear.</summary>
    public PaymentRequirements Choose(PaymentRequired required)
    {
        ArgumentNullException.ThrowIfNull(required);
        var network = X402Header.Network(options.ChainId);
        var offer = required.Accepts.FirstOrDefault(accepted =>
            accepted.Scheme == X402Header.BatchSettlement && accepted.Network == network && accepted.Asset == options.Token);
        if (offer is null)
        {
            throw new PaymentException($"{required.Resource.Url} offers no payment by {X402Header.BatchSettlement} on {network} in the token {options.Token}.");
        }

        if (offer.Amount > options.MaxPerRequest)
        {
            throw new PaymentException($"{required.Resource.Url} may cost {offer.Amount} atomic units; the limit of one request is {options.MaxPerRequest}.");
        }

        return options.Receivers is null || options.Receivers.Contains(offer.PayTo)
            ? offer
            : throw new PaymentException($"{required.Resource.Url} wants to be paid to {offer.PayTo}, which is not among the allowed receivers.");
    }

    /// <summary>The channel that an offer is paid on.</summary>
    public ChannelConfig Channel(PaymentRequirements offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return offer.Extra is { ReceiverAuthorizer: { } authorizer, WithdrawDelay: { } delay }
            ? new(options.Payer ?? signer.Address, signer.Address, offer.PayTo, authorizer, options.Token, delay, default)
            : throw new PaymentException($"The offer of {offer.PayTo} names no receiverAuthorizer or withdrawDelay, without which there is no channel.");
    }

    /// <summary>Signs a voucher that covers the request. The channel file is on the disk before the signature exists.</summary>
    public async Task<PaymentPayload> PayAsync(PaymentRequirements offer, string key, CancellationToken cancellation)
    {
        var config = Channel(offer);
        var now = Now;
        var hold = new Hold(offer.Amount, now + (1000UL * (ulong)Math.Max(1, offer.MaxTimeoutSeconds)));
        var channel = await File(config).UpdateAsync(config, before => before.Authorize(key, hold, now, options.MaxTotal), cancellation);
        var voucher = SignedVoucher.Create(config, channel.Signed, signer, domain);
        var view = new VoucherView(config.Id(domain), voucher.MaxClaimableAmount, voucher.Signature);
        return new PaymentPayload(2, new BatchPayload(BatchPayload.VoucherType, ChannelConfigView.From(config), view) { Parallel = true }, offer);
    }

    /// <summary>Takes over what the receiver says after a request.</summary>
    public Task SettleAsync(ChannelConfig config, string key, SettlementExtra? settled) => File(config).UpdateAsync(
        config, before => settled is null ? before.Release(key) : before.Settle(key, settled.ChannelState, settled.ChargedAmount ?? TokenAmount.Zero), CancellationToken.None);

    /// <summary>Takes over the receiver's books from a corrective 402; throws <see cref="PaymentException"/> when they are not believable.</summary>
    public Task CorrectAsync(ChannelConfig config, ChannelStateView view, VoucherStateView? voucher, CancellationToken cancellation) =>
        File(config).UpdateAsync(config, before => before.Correct(view, voucher, domain), cancellation);

    /// <summary>While a dispute is open nothing is signed on its channel.</summary>
    internal Task MarkDisputedAsync(ChannelConfig config, bool isDisputed, CancellationToken cancellation) => File(config).UpdateAsync(
        config, channel => channel.IsDisputed == isDisputed ? channel : channel with { IsDisputed = isDisputed }, cancellation);

    // Numbered by the time, so that a later one replaces it, whichever process signs it.
    internal SpendPolicyCall SignPolicy(ChannelConfig config, SpendLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (config.Payer != Address)
        {
            throw new PaymentException($"The channel's payer is {config.Payer}, and only its key sets a spend policy; this key is {Address}.");
        }

        var policy = new SpendPolicy(
            IdOf(config), config.VoucherSigner, Now, (ulong)limits.ExpiresAt.ToUnixTimeMilliseconds(), limits.PerRequest, limits.PerDay, limits.ListedOnly, limits.Models);
        return new SpendPolicyCall(ChannelConfigView.From(config), signer.Sign(policy, options.NetworkDomain));
    }

    internal ChannelQueryCall Query(ChannelConfig config) =>
        new(ChannelConfigView.From(config), signer.Sign(new ChannelQuery(IdOf(config), Now), options.NetworkDomain));

    /// <summary>The request for a statement that covers all that was signed so far. It signs no higher total.</summary>
    internal async Task<(StatementCall Call, PayerChannel Mine)> AskForStatementAsync(ChannelConfig config, CancellationToken cancellation)
    {
        var mine = await ReadAsync(config, cancellation);
        var highest = mine.Signed.IsZero ? null : NodePayment.From(SignedVoucher.Create(config, mine.Signed, signer, domain), domain).Voucher;
        var request = signer.Sign(new StatementRequest(IdOf(config), Now), options.NetworkDomain);
        return (new StatementCall(ChannelConfigView.From(config), request, highest), mine);
    }

    /// <summary>Checks a statement and keeps it, durable.</summary>
    internal async Task<StatementReport> TakeStatementAsync(PayerChannel mine, Signed<ChannelStatement> statement)
    {
        if (StatementCheck.Problem(statement, mine, domain, options.NetworkDomain) is { } problem)
        {
            throw new PaymentException($"The statement of {mine.Config.Receiver} is no good and was not kept: {problem}.");
        }

        var after = await File(mine.Config).UpdateAsync(
            mine.Config,
            before =>
            {
                StatementFile.Add(options.StateDirectory, statement);
                return before.Take(statement.Message);
            },
            CancellationToken.None);
        return new StatementReport(statement, after.Accounted.Total);
    }

    private ulong Now => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Ends the use of the channel files. The key belongs to the caller.</summary>
    public void Dispose()
    {
        foreach (var file in files.Values)
        {
            file.Dispose();
        }
    }

    private ChannelFile File(ChannelConfig config) => files.GetOrAdd(config.Id(domain), id => new ChannelFile(options.StateDirectory, id));
}
