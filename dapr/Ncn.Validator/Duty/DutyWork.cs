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
/// <param name="check">Re-runs the answer and compares; null when it cannot be said now, or at all.</param>
internal sealed class DutyWork(WorkFold fold, ValidatorEngine engine, Address key, GatewayReader gateways, Func<ReceiptEvidence, CancellationToken, Task<Finding?>> check, ILogger log)
{
    private const int MostRemembered = 4_096;
    private readonly ConcurrentDictionary<Hash32, Finding> _found = [];
    private readonly HashSet<(CommitmentKey Commitment, uint Index)> _presented = [];

    /// <summary>One look at all that is owed.</summary>
    internal async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (fold.State is not { } state || engine.Status is not { HaltReason: null, Failure: null } status)
        {
            return;
        }

        foreach (var duty in Duties.Of(state, key).ToArray())
        {
            try
            {
                await DoAsync(state, status.Ledger, duty, cancellationToken);
            }
            catch (HttpRequestException silent)
            {
                log.LogDebug("A duty waits: {Reason}", silent.Message);
            }
        }

        if (_found.Count > MostRemembered || _presented.Count > MostRemembered)
        {
            _found.Clear();
            _presented.Clear();
        }
    }

    private Task DoAsync(VerificationState state, LedgerState ledger, Ncn.Verification.Duty duty, CancellationToken cancellationToken) => duty switch
    {
        Ncn.Verification.Duty.Present present => PresentAsync(state, present, cancellationToken),
        Ncn.Verification.Duty.Judge judge => JudgeAsync(state, judge, cancellationToken),
        Ncn.Verification.Duty.Reveal reveal => Task.FromResult(Reveal(ledger, reveal.Subject)),
        _ => Task.CompletedTask,
    };

    // A list that is not shown, or is another one, is a case of its own.
    private async Task PresentAsync(VerificationState state, Ncn.Verification.Duty.Present present, CancellationToken cancellationToken)
    {
        var commitment = present.Commitment;
        if (await gateways.ListAsync(commitment.Gateway, commitment.Period, cancellationToken) is not { } leaves
            || ReceiptProof.Problem(leaves, present.Root, present.Count, present.Total) is not null)
        {
            return;
        }

        foreach (var proof in Duties.ToPresent(state, commitment, leaves).Where(proof => !_presented.Contains((commitment, proof.Index))))
        {
            var evidence = await gateways.EvidenceAsync(commitment.Gateway, commitment.Period, proof.Index, cancellationToken);
            var receipt = evidence is not null && ReceiptLeaf.Of(evidence.Receipt.Message) == proof.Leaf ? evidence.Receipt.Message : null;
            var testimony = new Testimony.ReceiptPresented(proof, receipt);
            if (Submit(new Operation.Testify(key, testimony.Topic, testimony.Content)))
            {
                _presented.Add((commitment, proof.Index));
            }
        }
    }

    private async Task JudgeAsync(VerificationState state, Ncn.Verification.Duty.Judge judge, CancellationToken cancellationToken)
    {
        if (!_found.TryGetValue(judge.Subject, out var finding))
        {
            if (await FindAsync(state, judge.Case, cancellationToken) is not { } found)
            {
                return;
            }

            finding = _found[judge.Subject] = found;
        }

        Submit(new Operation.CommitVerdict(key, judge.Subject, VerdictOf(judge.Subject, finding).Commitment()));
    }

    // The gateway took a receipt only with its evidence, so it must be able to show it: what it does not show is its own fault.
    private async Task<Finding?> FindAsync(VerificationState state, Case item, CancellationToken cancellationToken)
    {
        if (item.Kind == CaseKind.List)
        {
            var committed = state.Commitments.GetValueOrDefault(new CommitmentKey(item.Gateway, item.Period));
            var leaves = await gateways.ListAsync(item.Gateway, item.Period, cancellationToken);
            return committed is null ? null : leaves is not null && ReceiptProof.Problem(leaves, committed.Root, committed.Count, committed.Total) is null ? Finding.Passed : Finding.Withheld;
        }

        var evidence = await gateways.EvidenceAsync(item.Gateway, item.Period, item.Index, cancellationToken);
        return evidence is null || (item.Leaf is { } leaf && ReceiptLeaf.Of(evidence.Receipt.Message) != leaf) ? Finding.Withheld : await check(evidence, cancellationToken);
    }

    private bool Reveal(LedgerState ledger, Hash32 subject)
    {
        var committed = ledger.VerdictCommitmentOf(key, subject);
        var verdict = Enum.GetValues<Finding>().Select(finding => VerdictOf(subject, finding)).FirstOrDefault(verdict => verdict.Commitment() == committed);
        return verdict is not null && Submit(verdict);
    }

    private Operation.RevealVerdict VerdictOf(Hash32 subject, Finding finding) =>
        new(key, subject, (byte)finding, Keccak256.Of(engine.Sign(new VerdictSalt(subject)).Signature.ToArray()));

    private bool Submit(Operation operation) =>
        engine.Submit(new ClaimedOperation(operation, engine.Sign(SignedOperation.Message(operation)).Signature)) is Admission.Taken or Admission.Known;

    /// <summary>What a salt is made of: a signature that never leaves the process.</summary>
    private sealed record VerdictSalt(Hash32 Subject) : ITypedData
    {
        private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("VerdictSalt(bytes32 subject)");

        public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(Subject).Hash();
    }
}
