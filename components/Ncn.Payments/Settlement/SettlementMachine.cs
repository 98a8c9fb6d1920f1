using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Payments.Settlement;

/// <summary>What can happen to a settlement. Time comes in as unix milliseconds.</summary>
public abstract record SettlementInput(ulong Now)
{
    /// <summary>Go on: after planning, and after every start of the process.</summary>
    public sealed record Continue(ulong Now) : SettlementInput(Now);

    /// <summary>It has left, and how it ended is not known.</summary>
    public sealed record Unknown(ulong Now, Hash32 Transaction) : SettlementInput(Now);

    /// <summary>It is in a block; <paramref name="Claimed"/> are the rows that the contract did not skip.</summary>
    public sealed record Mined(ulong Now, Hash32 Transaction, ImmutableArray<SettlementRow> Claimed) : SettlementInput(Now);

    /// <summary>The contract refused it, before or after it was sent; or it never left and never will.</summary>
    public sealed record Refused(ulong Now, Hash32? Transaction, string Reason) : SettlementInput(Now);

    /// <summary>All its rows are in the ledgers.</summary>
    public sealed record Recorded(ulong Now) : SettlementInput(Now);
}

/// <summary>What the shell is to do once the state is durable.</summary>
public enum SettlementOutput
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Hand it to the sender of transactions under its purpose; ask the sender again for one that was handed over before.</summary>
    Submit,

    /// <summary>Record the rows in the channels' ledgers; twice is as good as once.</summary>
    Record,
}

/// <summary>The pure state machine of a claim transaction: planned → sending → (pending →) mined → recorded, or refused.</summary>
/// <remarks>
/// A state is durable before its output is carried out. A process that dies anywhere begins again with <see cref="SettlementInput.Continue"/>.
/// A late or repeated input changes nothing: what is mined is never sent again, what is over stays over.
/// </remarks>
public static class SettlementMachine
{
    /// <summary>One step.</summary>
    public static (SettlementState State, SettlementOutput Output) Apply(SettlementState state, SettlementInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        var next = state.IsOver ? state : (state.Phase, input) switch
        {
            (SettlementPhase.Planned, SettlementInput.Continue) => state with { Phase = SettlementPhase.Sending },
            (SettlementPhase.Planned, SettlementInput.Refused refused) => Refuse(state, refused),
            (SettlementPhase.Sending or SettlementPhase.Pending, SettlementInput.Unknown unknown) =>
                state with { Phase = SettlementPhase.Pending, Transaction = unknown.Transaction },
            (SettlementPhase.Sending or SettlementPhase.Pending, SettlementInput.Mined mined) =>
                state with { Phase = SettlementPhase.Mined, Transaction = mined.Transaction, Rows = mined.Claimed },
            (SettlementPhase.Sending or SettlementPhase.Pending, SettlementInput.Refused refused) => Refuse(state, refused),
            (SettlementPhase.Mined, SettlementInput.Recorded) => state with { Phase = SettlementPhase.Recorded },
            _ => state,
        };
        next = next == state ? state : next with { ChangedAt = input.Now };
        return (next, OutputOf(next, input));
    }

    private static SettlementState Refuse(SettlementState state, SettlementInput.Refused input) => state with
    {
        Phase = SettlementPhase.Refused,
        Transaction = input.Transaction ?? state.Transaction,
        Reason = input.Reason,
    };

    private static SettlementOutput OutputOf(SettlementState state, SettlementInput input) => (state.Phase, input) switch
    {
        (SettlementPhase.Sending or SettlementPhase.Pending, SettlementInput.Continue) => SettlementOutput.Submit,
        (SettlementPhase.Mined, SettlementInput.Continue or SettlementInput.Mined) => SettlementOutput.Record,
        _ => SettlementOutput.None,
    };
}
