using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>A statement that was checked and kept.</summary>
/// <param name="Accounted">What of the stated charges came with answers that this client has seen.</param>
public sealed record StatementReport(Signed<ChannelStatement> Statement, TokenAmount Accounted)
{
    /// <summary>Charged for answers that were lost, for another holder of the key, or for nothing.</summary>
    public TokenAmount Unaccounted => TokenAmount.SubtractOrZero(Statement.Message.Charged, Accounted);
}

/// <summary>A claim above a statement.</summary>
/// <param name="Amount">How much was claimed above it, atomic units.</param>
/// <param name="CanBeAnswered">True when we have signed a later voucher that covers the claim: the receiver ends the dispute with it if it has it.</param>
public sealed record OverClaim(Signed<ChannelStatement> Statement, TokenAmount Amount, bool CanBeAnswered);

/// <summary>Judges statements against what the payer knows by itself.</summary>
public static class StatementCheck
{
    /// <summary>Why a statement is no good for this channel; null when it is.</summary>
    /// <param name="mine">The payer's channel when it asked.</param>
    /// <param name="payment">The escrow that the channel is in.</param>
    public static string? Problem(Signed<ChannelStatement> statement, PayerChannel mine, Eip712Domain payment, Eip712Domain network)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(mine);
        ArgumentNullException.ThrowIfNull(payment);
        var config = mine.Config;
        if (statement.Message is not { } said)
        {
            return "it says nothing";
        }

        return !statement.IsSignedBy(config.Receiver, network) && !statement.IsSignedBy(config.ReceiverAuthorizer, network)
                ? $"it is not signed by the receiver {config.Receiver}"
            : said.Payment != payment.VerifyingContract ? $"it is about the escrow {said.Payment}, and the channel is in {payment.VerifyingContract}"
            : said.ChannelId != config.Id(payment) ? $"it is about the channel {said.ChannelId}"
            : said.MaxClaimableAmount < mine.Signed ? $"it covers vouchers up to {said.MaxClaimableAmount}, and this key signed one of {mine.Signed}"
            : said.Charged > mine.Signed ? $"it says that {said.Charged} were charged, and only {mine.Signed} were ever signed for"
            : null;
    }

    /// <summary>The claim above a statement that is worth a dispute; null when no statement was broken.</summary>
    /// <param name="totalClaimed">What the chain has as claimed from the channel.</param>
    /// <param name="settled">Up to which total disputes were opened before; what they were about is not disputed twice.</param>
    public static OverClaim? Find(
        IEnumerable<Signed<ChannelStatement>> statements, PayerChannel mine, TokenAmount totalClaimed, TokenAmount settled = default)
    {
        ArgumentNullException.ThrowIfNull(statements);
        ArgumentNullException.ThrowIfNull(mine);
        return statements
            .Where(statement => totalClaimed > statement.Message.Charged && totalClaimed > settled)
            .Select(statement => new OverClaim(
                statement, totalClaimed - TokenAmount.Max(statement.Message.Charged, settled),
                mine.Signed > statement.Message.MaxClaimableAmount && mine.Signed >= totalClaimed))
            .OrderBy(static broken => broken.CanBeAnswered).ThenByDescending(static broken => broken.Amount.Units)
            .FirstOrDefault();
    }
}
