using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Observability;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Quotes;
using Ncn.Serving.Requests.Growth;

namespace Ncn.Serving.Requests;

/// <summary>Runs requests at once: holds the ceiling, waits for the first piece, and hands the run out with what ends it.</summary>
public sealed class DirectRequests(
    RequestHolds holds, RepeatedRequests repeats, KeptAnswers keeping, ChoiceRunner runner, GrowingRuns growing, RequestPricing pricing, LiveAnswers answers, GatewayIdentity identity, GatewayMetrics metrics, MeasuredUse uses,
    TimeProvider time)
{
    // A node has two seconds to answer a word to stop.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    /// <summary>The run, with its first piece at hand; null when no node has room any more and the request may wait for one.</summary>
    /// <param name="held">Its ceiling, when it is held already.</param>
    /// <remarks>A node begins while the ceiling is being held, if it looks as if it could be; nothing reaches the client before it is.</remarks>
    internal async Task<Admission?> RunAsync(RequestTicket ticket, IPaymentHold? held = null)
    {
        var holding = held is null ? holds.HoldAsync(ticket) : Task.FromResult<IPaymentHold?>(held);
        if (!holds.IsLikelyGood(ticket))
        {
            await holding;
        }

        var live = Open(ticket);
        var parts = live.ReadAsOwnerAsync();
        var work = new DeliveredWork(ticket.Request, identity.NetworkDomain, live.Stopping);
        work.Pump = live.PumpAsync(Run(ticket, holding, live.Stopping), work);
        var hold = await HeldAsync(ticket, live, holding);
        try
        {
            using var clock = metrics.Begin(Stage.FirstPart);
            await live.FirstAsync(ticket.Order.IsWhole);
        }
        catch (Exception failure)
        {
            answers.Drop(live);
            if (MayWait(ticket, failure))
            {
                await repeats.ForgetAsync(ticket);
                return null;
            }

            await GiveBackAsync(ticket, hold);
            throw;
        }

        var running = new Admission.Running(
            ticket.Request, parts, () => BeginStreamAsync(live, work, hold),
            ends => ChargeAsync(ticket, live, work, hold, ends), answer => StoreAsync(ticket, live, work, hold, answer), () => GiveUpAsync(ticket, live, work, hold))
        {
            MustBeKept = ticket.IsHeldByKey,
            Created = live.Settings.Context.Created,
        };
        _ = hold is BatchHold batch && running.Keep(new HeldLonger(batch, ticket.Duration, time));
        return running;
    }

    // A transfer is settled before a stream begins; who reads along may begin with it.
    private static async Task<SettlementResponse?> BeginStreamAsync(LiveAnswer live, DeliveredWork work, IPaymentHold? hold)
    {
        var settlement = hold is null ? null : await hold.BeginStreamAsync(live.Stopping);
        work.IsStreamed = true;
        live.Grant();
        return settlement;
    }

    // What began without its ceiling is stopped: what the node did until then is this gateway's loss.
    private async Task<IPaymentHold?> HeldAsync(RequestTicket ticket, LiveAnswer live, Task<IPaymentHold?> holding)
    {
        try
        {
            var hold = await holding;
            if (ticket.Payment is not ClientPayment.Exact)
            {
                live.Grant();
            }

            return hold;
        }
        catch
        {
            answers.Drop(live);
            live.Cancel();
            live.Fail(new ApiException(new ApiError(402, "payment_failed", "The run that this answer came from was not paid for. Send the request again, with a payment.")));
            throw;
        }
    }

    // Who pays by exact pays for the whole answer, and can come back for it.
    private LiveAnswer Open(RequestTicket ticket)
    {
        var context = new AnswerContext(ticket.Request, ticket.Order.Model, time.GetUtcNow().ToUnixTimeSeconds(), ticket.Order.Body);
        var live = answers.Open(ticket.Request, ticket.Order.Dialect, context, ticket.Path == RequestPath.DirectRepeatable);
        live.Follow(ticket.Order.GoesOn || ticket.Payment is ClientPayment.Exact ? CancellationToken.None : ticket.Call.Gone);
        return live;
    }

    private IAsyncEnumerable<RunPart> Run(RequestTicket ticket, Task<IPaymentHold?> holding, CancellationToken stop) => ticket.Priced.Growth is null
        ? runner.RunAsync(ticket.Plans, ticket.Priced.NodeCeiling, stop)
        : growing.RunAsync(ticket, holding, stop);

    private static bool MayWait(RequestTicket ticket, Exception failure) =>
        failure is ApiException { Error.Code: ApiError.NoCapacity } && ticket is { Order: { Node: null, Inputs.Count: 1, Preferences.IsFilter: false }, Priced: { Guest: null, Growth: null } };

    private async Task<(TokenAmount, SettlementResponse?)> ChargeAsync(
        RequestTicket ticket, LiveAnswer live, DeliveredWork work, IPaymentHold? hold, IReadOnlyList<RunPart.Finished> ends)
    {
        using var clock = metrics.Begin(Stage.Charge);
        work.IsChargeOpen = true;
        var (cost, settlement) = hold is null ? (TokenAmount.Zero, null) : await hold.ChargeAsync(pricing.CostOf(ends));
        work.IsChargeOpen = false;
        metrics.Money(MoneyKind.Charged, cost);
        metrics.Money(MoneyKind.Released, TokenAmount.SubtractOrZero(ticket.Priced.Ceiling, cost));
        foreach (var end in ends)
        {
            metrics.Money(MoneyKind.Credited, end.Service.Credit);
            metrics.Use(end.Offer.Name, end.Usage);
            uses.Add(end.Offer.Name, ticket.Order.Limit, end.Usage);
        }

        work.IsCharged = true;
        live.Grant();
        live.SetCost(new AnswerCost(cost, settlement));
        return (cost, settlement);
    }

    private async Task<StoredAnswer> StoreAsync(RequestTicket ticket, LiveAnswer live, DeliveredWork work, IPaymentHold? hold, StoredAnswer answer)
    {
        using var clock = metrics.Begin(Stage.Store);
        if (ticket.IsHeldByKey)
        {
            answer = await KeepAsync(ticket, work, hold!, answer, work.IsStreamed || live.IsShared);
        }
        else
        {
            work.Answer = answer;
            await repeats.CompleteAsync(ticket, answer);
            await (hold?.DeliveredAsync() ?? Task.CompletedTask);
        }

        live.SetAnswer(answer);
        return answer;
    }

    // What was delivered is charged, a stream even when its key has had another answer; an answer that nobody has seen is only when it is
    // the one that repeats get.
    private async Task<StoredAnswer> KeepAsync(RequestTicket ticket, DeliveredWork work, IPaymentHold hold, StoredAnswer answer, bool isDelivered)
    {
        work.IsLeft = true;
        var kept = await keeping.KeepAsync(
            ticket.Request, answer, (actor, named) => actor.KeepAsync(new KeepCall(ticket.Fingerprint, named)),
            known => known.IsOurs || isDelivered ? hold.DeliveredAsync() : hold.ReleaseAsync());
        return kept.IsOurs || isDelivered ? answer
            : kept.Found is { Answer: { } first } found && found.Fingerprint == ticket.Fingerprint ? first
            : throw new ApiException(ApiError.KeyConflict);
    }

    // Nobody may read it any more: what was begun is stopped. A client that left pays for what its node had signed for, and one that got
    // parts as they came for what ended of it.
    private async Task GiveUpAsync(RequestTicket ticket, LiveAnswer live, DeliveredWork work, IPaymentHold? hold)
    {
        answers.Drop(live);
        live.Cancel();
        live.Fail(new ApiException(new ApiError(502, "run_failed", "The run that this answer came from failed; what did not end is not charged. Send the request again.")));
        if (work.IsLeft)
        {
            return;
        }

        var isStreamed = work.IsStreamed || live.IsShared;
        if (isStreamed)
        {
            await work.Pump.WaitAsync(StopPatience, time).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        // Who pays by exact pays for all choices or for none; who pays step by step, for each step. One bad input among several does not
        // make the work on the others free: its sender could run the node that is paid for them.
        var ends = work.Ends();
        var isOwed = (isStreamed || live.IsRefused) && (ticket.Payment is not ClientPayment.Exact || ends.Count == ticket.Plans.Count);
        var cost = (isOwed ? pricing.CostOf(ends) : default) + (work.IsCut || (isStreamed && ticket.Priced.Growth is not null) ? pricing.CostOf(work, ticket.Priced) : default);

        // A charge that this gateway could not make is its own failure: the key's next request gets the same tokens, and pays for them.
        var isAgain = work.IsChargeOpen && ticket.IsHeldByKey;
        await (hold is null || cost.IsZero || isAgain ? GiveBackAsync(ticket, hold) : ChargePartAsync(ticket, work, hold, cost));
    }

    // The key is used up by it: what was charged for a part does not pay for the whole, which a repeat would get. A whole answer that only
    // could not be kept is kept now.
    private async Task ChargePartAsync(RequestTicket ticket, DeliveredWork work, IPaymentHold hold, TokenAmount cost)
    {
        var answer = work.Answer ?? repeats.Cut(ticket, cost);
        if (ticket.IsHeldByKey)
        {
            await keeping.KeepAsync(
                ticket.Request, answer, (actor, named) => actor.KeepAsync(new KeepCall(ticket.Fingerprint, named)), _ => ChargeAsync(work, hold, cost));
            return;
        }

        try
        {
            await repeats.CompleteAsync(ticket, answer);
        }
        finally
        {
            await ChargeAsync(work, hold, cost);
        }
    }

    private async Task ChargeAsync(DeliveredWork work, IPaymentHold hold, TokenAmount cost)
    {
        await (work.IsCharged ? Task.CompletedTask : hold.ChargeAsync(cost));
        await hold.DeliveredAsync();
        metrics.Money(MoneyKind.Charged, work.IsCharged ? default : cost);
    }

    private async Task GiveBackAsync(RequestTicket ticket, IPaymentHold? hold)
    {
        if (hold is not null)
        {
            metrics.Money(MoneyKind.Released, ticket.Priced.Ceiling);
            await hold.ReleaseAsync();
        }

        // What was charged for this body must not be forgotten: the same key could ask for a dearer one. Its lease passes by itself.
        await (hold is { IsCharged: true } ? Task.CompletedTask : repeats.ForgetAsync(ticket));
    }
}
