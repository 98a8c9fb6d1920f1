using System.Globalization;
using Ncn.Chain;
using Ncn.Client;
using Ncn.Client.Paying;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Verification;

namespace Ncn.Validator.Duty.Probes;

/// <summary>
/// Sends requests as a client among others, so that nodes and gateways never know whether a validator looks: (1) a chance of the period comes, its request is written down
/// with what it may cost; (2) it is sent, paid and answered; (3) its receipt is committed to, before the gateway's list is; (4) <see cref="ProbeWatch"/> sees to it that it is checked.
/// </summary>
/// <remarks>After a crash each goes on from where the books say: a request that may have been paid for is asked for again under its key, which costs nothing.</remarks>
internal sealed class ProbeWork(ProbeDesk desk, WorkFold fold, ValidatorEngine engine, Address key, ProbeWatch watch, SubmitOnce ledger, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private const int MostAttempts = 4;
    private const ulong MostAgeMs = 600_000;
    private const ulong MostLateness = 2; // periods; then the list was committed to before, as a rule
    private readonly Hash32 _secret = Keccak256.Of(engine.Sign(new ProbeSecret()).Signature.ToArray());
    private readonly Dictionary<Hash32, ulong> _taken = [];
    private readonly DutyJobs _jobs = new(log);

    /// <summary>One look at what is due. Nothing here waits.</summary>
    internal void Look(CancellationToken cancellationToken)
    {
        if (fold.State is not { } state || engine.Status is not { HaltReason: null, Failure: null } || state.Members.All(member => member.Key != key))
        {
            return;
        }

        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        _jobs.Keep(desk.Journal.Books.Open.Select(static probe => probe.Salt).Concat(_taken.Keys).Select(static salt => new DutyName(false, salt)).ToHashSet());
        TakeChances(state, now, cancellationToken);
        foreach (var probe in desk.Journal.Books.Open)
        {
            GoOn(state, probe, now, cancellationToken);
        }
    }

    /// <summary>Ends what is under way.</summary>
    public ValueTask DisposeAsync() => _jobs.DisposeAsync();

    private void TakeChances(VerificationState state, ulong now, CancellationToken cancellationToken)
    {
        var (period, into) = Math.DivRem(now, state.Rules.PeriodMs);
        foreach (var old in _taken.Where(entry => entry.Value + 1 < period).Select(static entry => entry.Key).ToArray())
        {
            _taken.Remove(old);
        }

        if (desk.Live is not { Count: > 0 } purses)
        {
            return;
        }

        var shapes = desk.Shapes.All;
        foreach (var chance in CanarySchedule.Of(_secret, period, CanarySchedule.MeanPpm(state, desk.SharePpm), state.Rules.PeriodMs, shapes.Count, purses.Count))
        {
            // What was missed is missed: a request at another time would show that this validator was away.
            if (chance.IsDecoy && into >= chance.CommitMs && _taken.TryAdd(chance.Salt, period))
            {
                Submit(new Testimony.ProbeCommitted(Probe.Commitment(key, Keccak256.Of(chance.Salt.ToArray()), chance.Salt)));
            }
            else if (!chance.IsDecoy && into >= chance.OffsetMs && into < chance.CommitMs && desk.Journal.Books.Find(chance.Salt) is null && _taken.TryAdd(chance.Salt, period))
            {
                var (purse, shape, commitAt) = (purses[chance.Purse], shapes[chance.Shape], now - into + chance.CommitMs);
                _jobs.Start(new DutyName(false, chance.Salt), purse.Address, stop => BeginAsync(state, purse, shape, chance.Salt, commitAt, stop), cancellationToken);
            }
        }
    }

    private void GoOn(VerificationState state, ProbeRecord probe, ulong now, CancellationToken cancellationToken)
    {
        var name = new DutyName(false, probe.Salt);
        var commitment = Probe.Commitment(key, probe.Receipt, probe.Salt);
        switch (probe.Stage)
        {
            case ProbeStage.Sent:
                _jobs.Start(name, probe.Purse, stop => SendAsync(state, probe, stop), cancellationToken);
                break;
            case ProbeStage.Answered when state.HasProbe(key, commitment):
                desk.Journal.Change(books => books.Reach(probe.Salt, ProbeStage.Committed));
                break;
            case ProbeStage.Answered when now >= probe.CommitAt && state.Period <= probe.AnsweredIn + MostLateness:
                Submit(new Testimony.ProbeCommitted(commitment));
                break;
            case ProbeStage.Committed or ProbeStage.Shown when state.HasProbe(key, commitment):
                _jobs.Start(name, probe.Gateway, stop => watch.LookAsync(state, probe, stop), cancellationToken);
                break;
            case ProbeStage.Shown:
                desk.Journal.Change(books => books.Close(probe.Salt, ProbeEnd.Shown)); // The ledger has it.
                break;
            default:
                if (IsOld(state, probe) || (probe.Stage == ProbeStage.Answered && now >= probe.CommitAt))
                {
                    log.Log(probe.IsPlant ? LogLevel.Information : LogLevel.Warning, "The receipt {Receipt} of a probe to the gateway {Gateway} was not checked: it came into no list in time, or nobody could check it.", probe.Receipt, probe.Gateway);
                    desk.Journal.Change(books => books.Close(probe.Salt, ProbeEnd.Lost));
                }

                break;
        }
    }

    // Lists that come later than this are not taken by the ledger.
    private static bool IsOld(VerificationState state, ProbeRecord probe) => state.Period > probe.AnsweredIn + Math.Max(state.Rules.ProbePeriods, state.Rules.MostAge);

    private async Task BeginAsync(VerificationState state, Purse purse, ProbeShape shape, Hash32 salt, ulong commitAt, CancellationToken cancellationToken)
    {
        var draw = Keccak256.Hash(salt.ToArray());
        if (await purse.ModelAsync(shape.Model, salt, cancellationToken) is not { } model)
        {
            return;
        }

        var probe = new ProbeRecord(
            salt, state.Epoch, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), commitAt, purse.Address, shape.Write(model, salt), IsStreamed: draw[0] % 2 == 0,
            new Guid(draw.AsSpan(1, 16)).ToString("D", CultureInfo.InvariantCulture), desk.MostPerRequest);
        if (desk.Journal.Change(books => books.Begin(Planted(books, state, probe), desk.Budget)) && desk.Journal.Books.Find(salt) is { } begun)
        {
            await OrderAsync(begun, cancellationToken);
            await SendAsync(state, begun, cancellationToken);
        }
    }

    // Whether it becomes one, chance decides: who answers is the gateway's choice, as of any request.
    private ProbeRecord Planted(ProbeBooks books, VerificationState state, ProbeRecord probe) =>
        desk.Plants is { } plants && watch.CanCheck && PlantNode.CostOf(state, key, desk.MostPerRequest) is { } cost && books.Bears(cost, probe.Epoch, plants.Budget) ? probe with { PlantCost = cost } : probe;

    // An order that is not taken, or that a crash lost, leaves an answer that is true; what is opened is looked at before.
    private async Task OrderAsync(ProbeRecord probe, CancellationToken cancellationToken)
    {
        try
        {
            await (probe.IsPlant ? desk.Plants!.OrderAsync(probe.Request, probe.Salt, cancellationToken) : Task.CompletedTask);
        }
        catch (HttpRequestException refused)
        {
            log.LogWarning("The own node takes no order for a false answer: {Reason}", refused.Message);
        }
    }

    private async Task SendAsync(VerificationState state, ProbeRecord probe, CancellationToken cancellationToken)
    {
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        if (probe.Attempts >= MostAttempts || now > probe.SentAt + MostAgeMs || desk.Purses.FirstOrDefault(purse => purse.Address == probe.Purse) is not { } purse)
        {
            await WithdrawAsync(probe, cancellationToken);
            desk.Journal.Change(books => books.Close(probe.Salt, ProbeEnd.Lost)); // It may have cost what was reserved.
            return;
        }

        desk.Journal.Change(books => books.Try(probe.Salt));
        try
        {
            var member = await purse.AskAsync(probe, cancellationToken);
            await WithdrawAsync(probe, cancellationToken);
            var period = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() / state.Rules.PeriodMs;
            desk.Journal.Change(books => books.Answer(probe.Salt, member.Receipt.Message, member.Cost, period, desk.Plants?.Address ?? default));
        }
        catch (Exception refused) when (refused is PaymentException or NcnException { Status: not null } or ChainUnavailableException or ContractRevertedException)
        {
            log.LogWarning("A probe was not answered and cost nothing: {Reason}", refused.Message);
            await WithdrawAsync(probe, cancellationToken);
            desk.Journal.Change(books => books.Refuse(probe.Salt));
        }
    }

    // Before the books say that it was answered: a crash in between does it again.
    private async Task WithdrawAsync(ProbeRecord probe, CancellationToken cancellationToken)
    {
        try
        {
            await (probe.IsPlant && desk.Plants is { } plants ? plants.WithdrawAsync(probe.Request, cancellationToken) : Task.CompletedTask);
        }
        catch (Exception silent) when (!cancellationToken.IsCancellationRequested && silent is HttpRequestException or OperationCanceledException)
        {
            log.LogWarning("The own node does not take the order for a false answer back, which ends by itself: {Reason}", silent.Message);
        }
    }

    private void Submit(Testimony testimony) => ledger.Submit(testimony, fold.State!.Period);

    /// <summary>What the schedule is drawn from: a signature that never leaves the process.</summary>
    private sealed record ProbeSecret : ITypedData
    {
        private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("ProbeSecret()");

        public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Hash();
    }
}
