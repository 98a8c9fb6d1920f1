using System.Buffers.Binary;
using System.Collections.Concurrent;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification;

namespace Ncn.Validator.Duty.Probes;

/// <summary>
/// Sees to it that the receipt of a probe is checked: what is in the sample is, by everybody's duty; any other this validator checks by itself, and shows the ledger only
/// one that is wrong, or that it could not check itself. So most are never known, and their keys pay for more.
/// </summary>
/// <remarks>Its evidence is read together with others' of the list, so that the gateway does not learn which it was asked for.</remarks>
internal sealed class ProbeWatch(ProbeJournal journal, Sources sources, Func<VerificationState?> state, SubmitOnce ledger)
{
    private const int Cover = 3;
    private readonly ConcurrentDictionary<(Hash32 Salt, CommitmentKey List), uint?> _places = [];

    /// <summary>Whether this validator can tell by itself what is wrong.</summary>
    internal bool CanCheck => sources.Check is not null;

    /// <summary>One look at the lists that the receipt may be in, or at the case of a plant.</summary>
    internal async Task LookAsync(VerificationState seen, ProbeRecord probe, CancellationToken cancellationToken)
    {
        Forget();
        if (probe.IsPlant)
        {
            await LookAtPlantAsync(seen, probe, cancellationToken);
        }

        foreach (var (list, commitment) in seen.Commitments.Where(entry => IsNear(entry.Key, probe) && entry.Value.IsDrawn))
        {
            if (_places.TryGetValue((probe.Salt, list), out var known) && (known is not { } index || IsSampled(seen, list, commitment, probe, index)))
            {
                continue;
            }

            if (seen.Clock <= commitment.DrawnAt + 1 && (await sources.ListAsync(list, commitment.Root, commitment.Count, commitment.Total, cancellationToken)).Value is { } leaves)
            {
                await LookAsync(seen, probe, list, leaves, cancellationToken);
            }
        }
    }

    private async Task LookAsync(VerificationState seen, ProbeRecord probe, CommitmentKey list, IReadOnlyList<ReceiptLeaf> leaves, CancellationToken cancellationToken)
    {
        var index = leaves.Select(static leaf => leaf.Digest).ToList().IndexOf(probe.Receipt);
        _places[(probe.Salt, list)] = index < 0 ? null : (uint)index;
        if (index < 0 || seen.Commitments[list] is not { } commitment || IsSampled(seen, list, commitment, probe, (uint)index))
        {
            return;
        }

        if (probe.IsPlant)
        {
            journal.Change(books => books.Close(probe.Salt, ProbeEnd.Lost)); // Nobody checks it, so it tells nothing of anybody.
            return;
        }

        var found = await CheckAsync(seen, probe, list, leaves, index, cancellationToken);
        var isLast = state()?.Clock > commitment.DrawnAt;
        if (found == Finding.Passed)
        {
            End(probe);
        }
        else if (found is not null || isLast || !CanCheck)
        {
            Show(seen, probe, ReceiptProof.Of(list.Gateway, list.Period, leaves, index));
        }
    }

    // Its checkers have revealed. It is opened only when it is false indeed: the order may have been lost, or both answers be the same.
    private async Task LookAtPlantAsync(VerificationState seen, ProbeRecord probe, CancellationToken cancellationToken)
    {
        if (Duties.Openable(seen).FirstOrDefault(openable => openable.Leaf.Digest == probe.Receipt) is not { Leaf: { } leaf, Subject: var subject } || seen.Cases[subject] is not { } item)
        {
            return;
        }

        var shown = await sources.Gateways.EvidenceAsync(item.Gateway, item.Period, item.Index, evidence => ReceiptLeaf.Of(evidence.Receipt.Message) == leaf, cancellationToken);
        var found = shown.Value is null || sources.Check is null ? null : await sources.Check(shown.Value, cancellationToken);
        if (found == Finding.Failed)
        {
            journal.Change(books => books.Show(probe.Salt, Probe.CostOf(seen.Rules, leaf.Price, item.RatePpm)));
            ledger.Submit(new Testimony.PlantOpened(subject, probe.Salt), seen.Period);
        }
        else if (found is not null)
        {
            End(probe);
        }
    }

    // Presented is checked, by all alike; what is in the sample and not presented yet is everybody's to present.
    private bool IsSampled(VerificationState seen, CommitmentKey list, Commitment commitment, ProbeRecord probe, uint index)
    {
        if (probe is { Stage: ProbeStage.Committed, IsPlant: false } && commitment.Seen.Contains(index))
        {
            End(probe);
            return true;
        }

        return (probe.Stage == ProbeStage.Committed || probe.IsPlant) && Sample.IsIn(Sample.Lot(commitment.Beacon, list.Gateway, list.Period, index), seen.RateOf(probe.Node));
    }

    private async Task<Finding?> CheckAsync(VerificationState seen, ProbeRecord probe, CommitmentKey list, IReadOnlyList<ReceiptLeaf> leaves, int index, CancellationToken cancellationToken)
    {
        Showing<ReceiptEvidence> own = default;
        foreach (var place in Among(probe.Salt, index, leaves.Count))
        {
            var shown = await sources.Gateways.EvidenceAsync(list.Gateway, list.Period, (uint)place, it => ReceiptLeaf.Of(it.Receipt.Message) == leaves[place], cancellationToken);
            own = place == index ? shown : own;
        }

        return own.Silence is not null ? null
            : own.Value is not { } evidence || !ReceiptProof.IsTimely(evidence.Receipt.Message, list.Period, seen.Rules) ? Finding.Refused
            : sources.Check is null ? null : await sources.Check(evidence, cancellationToken);
    }

    // In the books first: a purse is never used again once the ledger may show it.
    private void Show(VerificationState seen, ProbeRecord probe, ReceiptProof proof)
    {
        journal.Change(books => books.Show(probe.Salt));
        ledger.Submit(new Testimony.CanaryPresented(proof, probe.Salt), seen.Period);
    }

    private void End(ProbeRecord probe) => journal.Change(books => books.Close(probe.Salt, ProbeEnd.Checked));

    private void Forget()
    {
        foreach (var entry in _places.Keys.Where(entry => journal.Books.Find(entry.Salt) is null))
        {
            _places.TryRemove(entry, out _);
        }
    }

    private static bool IsNear(CommitmentKey list, ProbeRecord probe) =>
        list.Gateway == probe.Gateway && Math.Max(list.Period, probe.AnsweredIn) - Math.Min(list.Period, probe.AnsweredIn) <= 2;

    private static IEnumerable<int> Among(Hash32 salt, int index, int count) => Enumerable.Range(0, Cover)
        .Select(turn => (int)(BinaryPrimitives.ReadUInt64BigEndian(Keccak256.Hash(new CanonicalWriter().Word(salt).Byte((byte)turn).Written)) % (ulong)count)).Append(index).Distinct().Order();
}
