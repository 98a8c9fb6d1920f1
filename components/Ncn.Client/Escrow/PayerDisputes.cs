using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.Client.Paying;
using Ncn.Protocol;

namespace Ncn.Client.Escrow;

/// <summary>Holds a gateway to its statements: finds a claim above one, disputes it, and takes the refund from the gateway's stake.</summary>
/// <param name="chain">Sends; anybody may open and close a dispute, the refund goes to the channel's payer.</param>
/// <param name="payer">The books and the statements.</param>
public sealed class PayerDisputes(ChainConnection chain, Payer payer)
{
    private readonly DisputeContract disputes = new(chain);
    private readonly InferencePaymentContract payments = new(chain);

    /// <summary>The claim above a statement that is worth a dispute; null when the gateway kept its word, as far as it gave it.</summary>
    public async Task<OverClaim?> FindAsync(ChannelConfig config, CancellationToken cancellationToken = default)
    {
        var claimed = (await payments.ReadChannelAsync(payer.IdOf(config))).TotalClaimed;
        var statements = payer.Statements(config);
        var settled = TokenAmount.Zero;
        foreach (var statement in statements.Where(statement => claimed > statement.Message.Charged))
        {
            settled = TokenAmount.Max(settled, (await ReadAsync(statement.Message)).SettledClaim);
        }

        return StatementCheck.Find(statements, await payer.ReadAsync(config, cancellationToken), claimed, settled);
    }

    /// <summary>
    /// Opens a dispute about a statement. The gateway then has DISPUTE_WINDOW to show a later voucher; until the dispute has ended this
    /// payer signs none on the channel, because any would do.
    /// </summary>
    /// <exception cref="ContractRevertedException">The contract sees no over-claim, or a dispute about this statement is open.</exception>
    public async Task<Hash32> OpenAsync(Signed<ChannelStatement> statement, ChannelConfig config, CancellationToken cancellationToken = default)
    {
        await payer.MarkDisputedAsync(config, isDisputed: true, cancellationToken);
        try
        {
            return await disputes.OpenAsync(statement, config, cancellationToken);
        }
        catch (ContractRevertedException)
        {
            await RefreshAsync(config, cancellationToken);
            throw;
        }
    }

    /// <summary>Ends an unanswered dispute; says what the payer got back.</summary>
    public async Task<DisputeOutcome> CloseAsync(ChannelStatement statement, ChannelConfig config, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var outcome = await disputes.CloseAsync(disputes.IdOf(statement), cancellationToken);
        await RefreshAsync(config, cancellationToken);
        return outcome;
    }

    /// <summary>The statement whose dispute is open, null when none is; then the payer signs again.</summary>
    public async Task<ChannelStatement?> RefreshAsync(ChannelConfig config, CancellationToken cancellationToken = default)
    {
        ChannelStatement? open = null;
        foreach (var statement in payer.Statements(config))
        {
            open = (await ReadAsync(statement.Message)).IsOpen ? statement.Message : open;
        }

        await payer.MarkDisputedAsync(config, open is not null, cancellationToken);
        return open;
    }

    /// <summary>The newest dispute about a statement.</summary>
    public Task<DisputeView> ReadAsync(ChannelStatement statement) => disputes.ReadAsync(disputes.IdOf(statement));
}
