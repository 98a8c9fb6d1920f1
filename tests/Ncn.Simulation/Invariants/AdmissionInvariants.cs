using Ncn.Coordination.Admission;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="FairAdmission"/>, for each gateway, and a bound of its own: how much others may be given while somebody waits.</summary>
internal sealed class AdmissionInvariants
{
    private readonly Dictionary<string, Shadow> _gateways = new(StringComparer.Ordinal);

    /// <summary>The gateway has lost its memory.</summary>
    internal void Forget(string gateway) => _gateways[gateway] = new Shadow();

    internal void Check(string gateway, FairQueueState before, FairQueueInput input, FairQueueState after, IReadOnlyList<FairQueueOutput> outputs)
    {
        var shadow = _gateways[gateway];
        if (input is FairQueueInput.End end)
        {
            shadow.Slots -= end.Applicant.Slots;
        }

        foreach (var output in outputs)
        {
            if (!shadow.Decided.Add(output.Applicant.Id))
            {
                throw new ViolationException(Invariant.DecidedOnce, $"{gateway}: applicant {output.Applicant.Id}");
            }

            if (output is FairQueueOutput.Admit)
            {
                shadow.Slots += output.Applicant.Slots;
                CheckShares(shadow, after, output.Applicant, gateway);
            }
        }

        if (shadow.Slots != after.Slots)
        {
            throw new ViolationException(Invariant.PlacesCounted, $"{gateway}: {after.Slots} taken, {shadow.Slots} let in");
        }

        var isAdmitting = outputs.Any(static output => output is FairQueueOutput.Admit);
        if (isAdmitting && after.Slots > after.Capacity && after.Slots > outputs[^1].Applicant.Slots)
        {
            throw new ViolationException(Invariant.PlacesBounded, $"{gateway}: {after.Slots} > {after.Capacity}");
        }

        if (after.Waiting > Bounds.Admission.MaxWaiting)
        {
            throw new ViolationException(Invariant.QueueKeepsBounds, $"{gateway}: {after.Waiting} wait");
        }

        CheckNobodyIdles(gateway, after, input);
        _ = before;
    }

    // While there are places and somebody below the payer's limit waits, somebody is let in.
    private static void CheckNobodyIdles(string gateway, FairQueueState after, FairQueueInput input)
    {
        if (after.Waiting == 0 || after.Slots >= after.Capacity)
        {
            return;
        }

        foreach (var payer in after.Turns)
        {
            var share = after.Payers[payer];
            if (share.Slots < Bounds.Admission.MaxSlotsPerPayer && share.Waiting.Min!.Slots + after.Slots <= after.Capacity)
            {
                throw new ViolationException(Invariant.NoPlaceIdle, $"{gateway}: {after.Slots} of {after.Capacity} taken, {after.Waiting} wait after {input.GetType().Name}");
            }
        }
    }

    // Between two turns of one who waits and may run, every other is visited so often that the deficit covers the widest request.
    private static void CheckShares(Shadow shadow, FairQueueState after, Applicant admitted, string gateway)
    {
        var limits = Bounds.Admission;
        var work = Math.Min(admitted.Work, limits.MaxWork);
        shadow.PassedOver.Remove(admitted.Payer);
        foreach (var payer in after.Turns)
        {
            if (payer == admitted.Payer)
            {
                continue;
            }

            if (after.Payers[payer].Slots >= limits.MaxSlotsPerPayer)
            {
                shadow.PassedOver.Remove(payer);
                continue;
            }

            var passed = shadow.PassedOver[payer] = shadow.PassedOver.GetValueOrDefault(payer) + work;
            var rounds = ((limits.MaxWork + limits.Quantum - 1) / limits.Quantum) + 1;
            var most = rounds * (ulong)Math.Max(1, shadow.Most(after.Payers.Count) - 1) * ((limits.Quantum * limits.MaxWeight) + limits.MaxWork);
            if (passed > most)
            {
                throw new ViolationException(Invariant.NobodyStarves, $"{gateway}: others were let in with {passed} of work while one waited, {most} is the bound");
            }
        }

        shadow.PassedOver.Keys.Where(payer => !after.Payers.TryGetValue(payer, out var share) || share.Waiting.IsEmpty).ToList().ForEach(payer => shadow.PassedOver.Remove(payer));
    }

    private sealed class Shadow
    {
        private int _mostPayers;

        internal int Slots { get; set; }

        internal HashSet<ulong> Decided { get; } = [];

        internal Dictionary<Address, ulong> PassedOver { get; } = [];

        internal int Most(int payers) => _mostPayers = Math.Max(_mostPayers, payers);
    }
}
