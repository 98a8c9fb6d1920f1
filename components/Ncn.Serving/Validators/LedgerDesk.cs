using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Validators;

/// <summary>Signs this gateway's operations of the ledger and brings them to the validators. Whoever asks keeps an operation until it is taken.</summary>
public sealed class LedgerDesk(
    ValidatorConnections connections, GatewayIdentity identity, IOptions<ValidatorOptions> options, IOptions<GatewayOptions> gateway, TimeProvider time,
    ILogger<LedgerDesk> log)
{
    private static readonly TimeSpan AnnounceAgain = TimeSpan.FromSeconds(2);
    private Signed<LedgerOperation>? _announcement;
    private DateTimeOffset _announceAt = DateTimeOffset.MinValue;
    private bool _isAnnounced;

    /// <summary>The operation in the form that is posted.</summary>
    internal Signed<LedgerOperation> Sign(Operation operation) => identity.Signer.Sign(SignedOperation.Message(operation), identity.NetworkDomain);

    /// <summary>
    /// True when more than a third of the named validators have it: one of them at least is honest, and hands it on. Also when more than two
    /// thirds refuse it for good, which is logged: asking again would not help.
    /// </summary>
    internal async Task<bool> PostAsync(Signed<LedgerOperation> operation, CancellationToken cancellationToken)
    {
        var urls = options.Value.Urls;
        var outcomes = await Task.WhenAll(urls.Select(url => connections.PostAsync(url, operation, cancellationToken)));
        if (3 * outcomes.Count(static outcome => outcome == PostOutcome.Refused) > 2 * urls.Count)
        {
            log.LogError("The validators refuse an operation of kind {Kind}; it is given up", operation.Message.Kind);
            return true;
        }

        return 3 * outcomes.Count(static outcome => outcome == PostOutcome.Taken) > urls.Count;
    }

    /// <summary>Tells the ledger, once in this process's life, that this gateway is there: without that its receipts count for nothing.</summary>
    internal async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (_isAnnounced || options.Value.Urls.Count == 0 || time.GetUtcNow() < _announceAt)
        {
            return;
        }

        _announcement ??= Announcement();
        _isAnnounced = await PostAsync(_announcement, cancellationToken);
        _announceAt = time.GetUtcNow() + AnnounceAgain;
    }

    // The ledger keeps the record's hash; the record itself is what discovery spreads. The sequence is higher than any before.
    private Signed<LedgerOperation> Announcement()
    {
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        var record = new GatewayRecord(identity.Address, now, gateway.Value.Subnet, identity.PublicUrl.TrimEnd('/'), [], now, ulong.MaxValue);
        return Sign(new Operation.AnnounceNode(identity.Address, now, record.StructHash()));
    }
}
