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
/// nothing needs to be kept. A finding that cannot be made yet (nobody answers, the worker is busy) is tried again until the stage ends.
/// </remarks>
/// <param name="check">Re-runs the answer and compares; null when it cannot be said now. Without one no answer that is shown is judged.</param>
internal sealed class DutyWork(WorkFold fold, ValidatorEngine engine, Address key, GatewayReader gateways, Func<ReceiptEvidence, CancellationToken, Task<Finding?>>? check, ILogger log)
{
    private readonly ConcurrentDictionary<Hash32, Finding> _found = [];
    private readonly ConcurrentDictionary<Hash32, bool> _unjudged = [];
    private readonly ConcurrentDictionary<(CommitmentKey Commitment, uint Index), bool> _presented = [];
    private readonly DutyJobs _jobs = new(log);

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

    // A list that is not shown, or is another one, is a case of its own.
    private async Task PresentAsync(VerificationState state, Ncn.Verification.Duty.Present present, CancellationToken cancellationToken)
    {
        var commitment = present.Commitment;
        if (await ListAsync(commitment, present.Root, present.Count, present.Total, cancellationToken) is not { } leaves)
        {
            return;
        }

        foreach (var proof in Duties.ToPresent(state, commitment, leaves).Where(proof => !_presented.ContainsKey((commitment, proof.Index))))
        {
            var evidence = await gateways.EvidenceAsync(commitment.Gateway, commitment.Period, proof.Index, shown => ReceiptLeaf.Of(shown.Receipt.Message) == proof.Leaf, cancellationToken);
            var testimony = new Testimony.ReceiptPresented(proof, evidence?.Receipt.Message);
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
        if (await (judge.Case.Kind == CaseKind.List ? FindOfListAsync(state, judge.Case, cancellationToken) : FindOfReceiptAsync(state, judge, cancellationToken)) is { } found)
        {
            _found[judge.Subject] = found;
            Commit(judge.Subject, found);
        }
    }

    private async Task<Finding?> FindOfListAsync(VerificationState state, Case item, CancellationToken cancellationToken)
    {
        var key = new CommitmentKey(item.Gateway, item.Period);
        return state.Commitments.GetValueOrDefault(key) is not { } committed ? null
            : await ListAsync(key, committed.Root, committed.Count, committed.Total, cancellationToken) is null ? Finding.Withheld : Finding.Passed;
    }

    // The gateway took a receipt only with its evidence, so it must be able to show it: what it does not show, or shows as of another time, is its own fault.
    private async Task<Finding?> FindOfReceiptAsync(VerificationState state, Ncn.Verification.Duty.Judge judge, CancellationToken cancellationToken)
    {
        var item = judge.Case;
        var evidence = await gateways.EvidenceAsync(item.Gateway, item.Period, item.Index, shown => item.Leaf is not { } leaf || ReceiptLeaf.Of(shown.Receipt.Message) == leaf, cancellationToken);
        if (evidence is null || !ReceiptProof.IsTimely(evidence.Receipt.Message, item.Period, state.Rules))
        {
            return Finding.Withheld;
        }

        if (check is null)
        {
            _unjudged[judge.Subject] = true;
            return null;
        }

        return await check(evidence, cancellationToken);
    }

    private Task<IReadOnlyList<ReceiptLeaf>?> ListAsync(CommitmentKey of, Hash32 root, uint count, TokenAmount total, CancellationToken cancellationToken) =>
        gateways.ListAsync(of.Gateway, of.Period, leaves => ReceiptProof.Problem(leaves, root, count, total) is null, cancellationToken);

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
