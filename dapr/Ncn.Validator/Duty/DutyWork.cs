using System.Collections.Concurrent;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Verification;

namespace Ncn.Validator.Duty;

/// <summary>
/// What a validator owes to the verification of work: (1) read a gateway's list and present what is in the sample; (2) find out, and commit to a finding;
/// (3) reveal it. All of it is read from the ledger's state anew each time, so a restart forgets nothing.
/// </summary>
/// <remarks>
/// The salt of a commitment is made of a signature that only the key can make, and the finding behind a commitment of the ledger is the one that fits it: so
/// nothing needs to be kept. A finding that cannot be made yet (the worker is busy) is tried again until the stage ends.
/// </remarks>
internal sealed class DutyWork(WorkFold fold, ValidatorEngine engine, Address key, Sources sources, ILogger log) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Hash32, Finding> _found = [];
    private readonly ConcurrentDictionary<Hash32, bool> _unjudged = [];
    private readonly ConcurrentDictionary<(CommitmentKey Commitment, uint Index), bool> _presented = [];
    private readonly DutyJobs _jobs = new(log);
    private readonly Finder _finder = new(sources, item => fold.State is { } now && now.Clock >= item.Until);

    /// <summary>One look at all that is owed. Nothing here waits: what takes its time goes on beside it, and says itself what it finds.</summary>
    internal void Look(CancellationToken cancellationToken)
    {
        if (fold.State is not { } state || engine.Status is not { HaltReason: null, Failure: null } status)
        {
            return;
        }

        Ncn.Verification.Duty[] duties = [.. Duties.Of(state, key)];
        Forget(duties);
        foreach (var reveal in duties.OfType<Ncn.Verification.Duty.Reveal>())
        {
            Reveal(status.Ledger, reveal.Subject);
        }

        foreach (var judge in duties.OfType<Ncn.Verification.Duty.Judge>())
        {
            Judge(state, judge, cancellationToken);
        }

        foreach (var present in duties.OfType<Ncn.Verification.Duty.Present>())
        {
            _jobs.Start(new DutyName(true, present.Subject), present.Commitment.Gateway, stop => PresentAsync(state, present, stop), cancellationToken);
        }
    }

    /// <summary>Signs an operation and gives it to the ledger.</summary>
    internal bool Submit(Operation operation) =>
        engine.Submit(new ClaimedOperation(operation, engine.Sign(SignedOperation.Message(operation)).Signature)) is Admission.Taken or Admission.Known;

    /// <summary>Ends what is under way.</summary>
    public ValueTask DisposeAsync() => _jobs.DisposeAsync();

    private void Forget(Ncn.Verification.Duty[] duties)
    {
        var judged = duties.OfType<Ncn.Verification.Duty.Judge>().Select(static judge => judge.Subject).ToHashSet();
        var presented = duties.OfType<Ncn.Verification.Duty.Present>().ToDictionary(static present => present.Commitment, static present => present.Subject);
        _jobs.Keep(judged.Select(static subject => new DutyName(false, subject)).Concat(presented.Values.Select(static subject => new DutyName(true, subject))).ToHashSet());
        foreach (var subject in _found.Keys.Concat(_unjudged.Keys).Where(subject => !judged.Contains(subject)))
        {
            _found.TryRemove(subject, out _);
            _unjudged.TryRemove(subject, out _);
        }

        foreach (var entry in _presented.Keys.Where(entry => !presented.ContainsKey(entry.Commitment)))
        {
            _presented.TryRemove(entry, out _);
        }
    }

    // A list that is not shown, or is another one, is a case of its own. What can still be presented later waits for its evidence, which tells the model.
    private async Task PresentAsync(VerificationState state, Ncn.Verification.Duty.Present present, CancellationToken cancellationToken)
    {
        var commitment = present.Commitment;
        if ((await sources.ListAsync(commitment, present.Root, present.Count, present.Total, cancellationToken)).Value is not { } leaves)
        {
            return;
        }

        foreach (var proof in Duties.ToPresent(state, commitment, leaves).Where(proof => !_presented.ContainsKey((commitment, proof.Index))))
        {
            var evidence = await sources.Gateways.EvidenceAsync(commitment.Gateway, commitment.Period, proof.Index, shown => ReceiptLeaf.Of(shown.Receipt.Message) == proof.Leaf, cancellationToken);
            if (evidence.Silence is not null && fold.State?.Commitments.GetValueOrDefault(commitment)?.DrawnAt == fold.State?.Clock)
            {
                continue;
            }

            var testimony = new Testimony.ReceiptPresented(proof, evidence.Value?.Receipt.Message);
            if (Submit(new Operation.Testify(key, testimony.Topic, testimony.Content)))
            {
                _presented[(commitment, proof.Index)] = true;
            }
        }
    }

    private void Judge(VerificationState state, Ncn.Verification.Duty.Judge judge, CancellationToken cancellationToken)
    {
        if (_found.TryGetValue(judge.Subject, out var finding))
        {
            Commit(judge.Subject, finding);
        }
        else if (!_unjudged.ContainsKey(judge.Subject))
        {
            _jobs.Start(new DutyName(false, judge.Subject), judge.Case.Gateway, stop => JudgeAsync(state, judge, stop), cancellationToken);
        }
    }

    private async Task JudgeAsync(VerificationState state, Ncn.Verification.Duty.Judge judge, CancellationToken cancellationToken)
    {
        switch (await _finder.FindAsync(state, judge.Case, cancellationToken))
        {
            case { IsNever: true }:
                _unjudged[judge.Subject] = true;
                break;
            case { Finding: { } found }:
                _found[judge.Subject] = found;
                Commit(judge.Subject, found);
                break;
            default:
                break; // It is tried again.
        }
    }

    private void Commit(Hash32 subject, Finding finding) => Submit(new Operation.CommitVerdict(key, subject, VerdictOf(subject, finding).Commitment()));

    private void Reveal(LedgerState ledger, Hash32 subject)
    {
        var committed = ledger.VerdictCommitmentOf(key, subject);
        if (Enum.GetValues<Finding>().Select(finding => VerdictOf(subject, finding)).FirstOrDefault(verdict => verdict.Commitment() == committed) is { } verdict)
        {
            Submit(verdict);
        }
    }

    private Operation.RevealVerdict VerdictOf(Hash32 subject, Finding finding) =>
        new(key, subject, (byte)finding, Keccak256.Of(engine.Sign(new VerdictSalt(subject)).Signature.ToArray()));

    /// <summary>What a salt is made of: a signature that never leaves the process.</summary>
    private sealed record VerdictSalt(Hash32 Subject) : ITypedData
    {
        private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("VerdictSalt(bytes32 subject)");

        public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(Subject).Hash();
    }
}
