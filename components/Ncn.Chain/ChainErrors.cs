using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain;

/// <summary>Something on the chain did not go as asked; the message says what, to what, and what to do.</summary>
public abstract class ChainException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A contract refused the call. Nothing changed.</summary>
public sealed class ContractRevertedException : ChainException
{
    internal ContractRevertedException(string what, RevertReason reason, Exception? innerException)
        : base($"{what} was refused: {reason.Text}.", innerException) => (Error, Reason) = (reason.Name, reason.Text);

    internal ContractRevertedException(string what, TransactionOutcome.Reverted reverted)
        : base(reverted.Transaction is null ? $"{what} was refused: {reverted.Reason}." : $"{what} was mined in transaction {reverted.Transaction} but refused: {reverted.Reason}.") =>
        (Error, Reason, Transaction) = (reverted.Error, reverted.Reason, reverted.Transaction);

    /// <summary>The name of the contract's error, for example "AmountAboveAvailable"; "Error" for a text, empty when unknown.</summary>
    public string Error { get; }

    /// <summary>The error with its values, in words.</summary>
    public string Reason { get; }

    /// <summary>The mined transaction that failed; null when the call was refused before it was sent.</summary>
    public Hash32? Transaction { get; }
}

/// <summary>The node could not be reached, did not answer in time or answered nonsense. A transaction may or may not have been sent.</summary>
public sealed class ChainUnavailableException : ChainException
{
    public ChainUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
