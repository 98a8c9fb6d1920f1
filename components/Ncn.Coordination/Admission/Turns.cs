namespace Ncn.Coordination.Admission;

/// <summary>Whose turn it is.</summary>
internal static class Turns
{
    /// <summary>Lets in who may go. A request that is too wide for the places left is waited for, so that narrow ones never starve it.</summary>
    internal static FairQueueState Dispatch(FairQueueState state, QueueStep step)
    {
        var passedOver = 0;
        while (state.Waiting > 0 && passedOver < state.Turns.Count)
        {
            var share = state.ShareOf(state.Turns[0]);
            var first = share.Waiting.Min!;
            if (!MayRun(share, first, step.Limits))
            {
                state = PassOn(state, share);
                passedOver++;
                continue;
            }

            if (!HasRoom(state, first))
            {
                break;
            }

            passedOver = 0;
            share = Visit(share, first, state, step.Limits);
            state = share.Deficit < WorkOf(first, step.Limits)
                ? PassOn(state, share)
                : Admit(Take(state, share, first), first, step);
        }

        return state;
    }

    /// <summary>There are places for it. What is wider than all places runs alone.</summary>
    internal static bool HasRoom(FairQueueState state, Applicant applicant) =>
        state.Capacity > 0 && (state.Slots == 0 || state.Slots + applicant.Slots <= state.Capacity);

    /// <summary>Its payer may have one like it running beside what runs.</summary>
    internal static bool MayRun(PayerShare share, Applicant applicant, FairQueueLimits limits) =>
        share.Slots == 0 || share.Slots + applicant.Slots <= limits.MaxSlotsPerPayer;

    internal static FairQueueState Admit(FairQueueState state, PayerShare share, Applicant applicant, QueueStep step)
    {
        step.Outputs.Add(new FairQueueOutput.Admit(applicant));
        return state.With(applicant.Payer, share with { Slots = share.Slots + applicant.Slots }) with { Slots = state.Slots + applicant.Slots };
    }

    /// <summary>Takes a waiting request out. Who has nothing waiting keeps nothing of what it was given.</summary>
    internal static FairQueueState Take(FairQueueState state, PayerShare share, Applicant applicant)
    {
        var waiting = share.Waiting.Remove(applicant);
        var isLast = waiting.IsEmpty;
        return state.With(applicant.Payer, share with { Waiting = waiting, Deficit = isLast ? 0 : share.Deficit, IsVisited = !isLast && share.IsVisited }) with
        {
            Waiting = state.Waiting - 1,
            Turns = isLast ? state.Turns.Remove(applicant.Payer) : state.Turns,
        };
    }

    private static FairQueueState Admit(FairQueueState state, Applicant applicant, QueueStep step)
    {
        var share = state.ShareOf(applicant.Payer);
        var paid = share.Waiting.IsEmpty ? share : share with { Deficit = share.Deficit - WorkOf(applicant, step.Limits) };
        return Admit(state, paid, applicant, step);
    }

    private static PayerShare Visit(PayerShare share, Applicant first, FairQueueState state, FairQueueLimits limits) =>
        share.IsVisited ? share : share with { Deficit = share.Deficit + (limits.Quantum * WeightOf(first, state, limits)), IsVisited = true };

    private static FairQueueState PassOn(FairQueueState state, PayerShare share)
    {
        var payer = state.Turns[0];
        return state.With(payer, share with { IsVisited = false }) with { Turns = state.Turns.RemoveAt(0).Add(payer) };
    }

    private static ulong WorkOf(Applicant applicant, FairQueueLimits limits) => Math.Min(applicant.Work, limits.MaxWork);

    private static ulong WeightOf(Applicant first, FairQueueState state, FairQueueLimits limits) =>
        (ulong)UInt128.Clamp(first.Rate / UInt128.Max(state.BaseRate, 1), 1, limits.MaxWeight);
}
