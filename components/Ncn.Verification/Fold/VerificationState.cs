using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>All that follows from the ledger for the verification of work: the same at every validator after the same block. Immutable.</summary>
public sealed record VerificationState
{
    /// <summary>Where it is; see <see cref="Create"/>.</summary>
    public required VerificationPlace Place { get; init; }

    /// <summary>The parameters.</summary>
    public required VerificationRules Rules { get; init; }

    /// <summary>The <see cref="VerificationRules.FloorPpm"/> of the next epoch; 0 while it stays.</summary>
    public uint NextFloorPpm { get; init; }

    /// <summary>Of the last block.</summary>
    public ulong Height { get; init; }

    /// <summary>Of the last block.</summary>
    public ulong Epoch { get; init; }

    /// <summary>The last block's time in periods.</summary>
    public ulong Period { get; init; }

    /// <summary>How many periods had a block: deadlines are reckoned by it, so that nobody misses one because the ledger stood still.</summary>
    public ulong Clock { get; init; }

    /// <summary>Who checks.</summary>
    public ImmutableArray<Checker> Members { get; init; } = [];

    /// <summary>Beacons that are not drawn yet, by the period (of <see cref="Clock"/>) whose commitments they are for.</summary>
    public ImmutableSortedDictionary<ulong, Beacon> Beacons { get; init; } = ImmutableSortedDictionary<ulong, Beacon>.Empty;

    /// <summary>Commitments to receipts that are not judged to the end.</summary>
    public ImmutableSortedDictionary<CommitmentKey, Commitment> Commitments { get; init; } = ImmutableSortedDictionary<CommitmentKey, Commitment>.Empty;

    /// <summary>Commitments that are, while audits of them can be opened.</summary>
    public ImmutableSortedDictionary<CommitmentKey, Commitment> Closed { get; init; } = ImmutableSortedDictionary<CommitmentKey, Commitment>.Empty;

    /// <summary>What is being judged, by subject.</summary>
    public ImmutableSortedDictionary<Hash32, Case> Cases { get; init; } = ImmutableSortedDictionary<Hash32, Case>.Empty;

    /// <summary>Probes that are not opened, by validator and commitment; see <see cref="HasProbe"/>.</summary>
    public ImmutableSortedDictionary<Hash32, OpenProbe> Probes { get; init; } = ImmutableSortedDictionary<Hash32, OpenProbe>.Empty;

    /// <summary>Nodes that were checked.</summary>
    public ImmutableSortedDictionary<Address, WorkRecord> Nodes { get; init; } = ImmutableSortedDictionary<Address, WorkRecord>.Empty;

    /// <summary>Gateways that have committed.</summary>
    public ImmutableSortedDictionary<Address, WorkRecord> Gateways { get; init; } = ImmutableSortedDictionary<Address, WorkRecord>.Empty;

    /// <summary>What the validators did in this epoch, by key.</summary>
    public ImmutableSortedDictionary<Address, DutyRecord> Duty { get; init; } = ImmutableSortedDictionary<Address, DutyRecord>.Empty;

    /// <summary>Verified work of this epoch.</summary>
    public ImmutableSortedDictionary<WorkKey, Work> Work { get; init; } = ImmutableSortedDictionary<WorkKey, Work>.Empty;

    /// <summary>Fees that are not shared out, by who was paid for the work that they are of.</summary>
    public ImmutableSortedDictionary<Address, Pot> Pots { get; init; } = ImmutableSortedDictionary<Address, Pot>.Empty;

    /// <summary>What the validators are to share at the epoch's end.</summary>
    public TokenAmount DutyPot { get; init; }

    /// <summary>What no share is of: the rest of fees when the shares are less than all, and what nobody can be credited with.</summary>
    public TokenAmount Reserve { get; init; }

    /// <summary>Audits that were demanded: open ones, and the newest of the others.</summary>
    public ImmutableSortedDictionary<AuditKey, Audit> Audits { get; init; } = ImmutableSortedDictionary<AuditKey, Audit>.Empty;

    /// <summary>Payments for audits and plants, by who paid.</summary>
    public ImmutableSortedDictionary<Address, Credit> Credits { get; init; } = ImmutableSortedDictionary<Address, Credit>.Empty;

    /// <summary>All that each account ever earned.</summary>
    public ImmutableSortedDictionary<Address, TokenAmount> Accounts { get; init; } = ImmutableSortedDictionary<Address, TokenAmount>.Empty;

    /// <summary>Penalties, by id.</summary>
    public ImmutableSortedDictionary<Hash32, Penalty> Penalties { get; init; } = ImmutableSortedDictionary<Hash32, Penalty>.Empty;

    /// <summary>Penalties that were lifted.</summary>
    public ImmutableSortedSet<Hash32> Pardons { get; init; } = [];

    /// <summary>All that ever came into the pool.</summary>
    public TokenAmount Received { get; init; }

    /// <summary>How many statements there were.</summary>
    public ulong StatementNumber { get; init; }

    /// <summary>The last statement's root; zero before the first.</summary>
    public Hash32 StatementRoot { get; init; }

    /// <summary>keccak-256 of the canonical bytes (<see cref="Write"/>).</summary>
    public Hash32 Digest => Keccak256.Of(StateForm.Write(this));

    /// <summary>Before the first block.</summary>
    /// <exception cref="ArgumentException">A parameter is out of its range.</exception>
    public static VerificationState Create(VerificationPlace place, VerificationRules rules)
    {
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(rules);
        return rules.Problem() is { } problem
            ? throw new ArgumentException($"The rules of verification cannot be used: {problem}.", nameof(rules))
            : new VerificationState { Place = place, Rules = rules };
    }

    /// <summary>The state after a block, and what followed from it. Never throws for any block: what cannot be taken is left out, by all alike.</summary>
    public static (VerificationState State, IReadOnlyList<VerificationOutput> Outputs) Apply(VerificationState state, DeliveredBlock block)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(block);
        var step = new Step(state);
        Deliveries.Deliver(step, block);
        return (step.State, step.Outputs);
    }

    /// <summary>The canonical bytes: for snapshots.</summary>
    public byte[] Write() => StateForm.Write(this).ToArray();

    /// <summary>Reads canonical bytes; null when they are none. Whether they are the network's is for the caller: compare <see cref="Digest"/>.</summary>
    public static VerificationState? Read(ReadOnlySpan<byte> bytes) => StateForm.Read(bytes);

    /// <summary>A commitment, closed or not; null for none.</summary>
    public Commitment? Find(CommitmentKey key) => Commitments.GetValueOrDefault(key) ?? Closed.GetValueOrDefault(key);

    /// <summary>Whether a validator's commitment to a probe is taken, and the probe not opened.</summary>
    public bool HasProbe(Address validator, Hash32 commitment) => Probes.ContainsKey(Probe.NameOf(validator, commitment));

    /// <summary>The node's record; an empty one for an unknown node.</summary>
    public WorkRecord NodeOf(Address node) => Nodes.GetValueOrDefault(node, WorkRecord.None);

    /// <summary>The share of the node's receipts that is checked now, ppm.</summary>
    public uint RateOf(Address node) => NodeOf(node) is { Sentence: null } record ? SamplingRate.Of(record.Passes, Rules) : VerificationRules.One;

    /// <summary>Something waits for time to pass: without a block in the next period it stands still.</summary>
    public bool IsWaiting => !Cases.IsEmpty || !Beacons.IsEmpty || Audits.Values.Any(static audit => audit.Verdict == AuditVerdict.Open) || !Commitments.IsEmpty;
}
