using System.Reflection;

namespace Ncn.Simulation.Invariants;

/// <summary>All that must hold, by name. For each there is a planted fault that breaks it (<see cref="Mutations.Mutation"/>).</summary>
internal static class Invariant
{
    // Both sides of a channel.
    internal const string DeadLetterReleases = "a dead letter releases its reservation";
    internal const string ReleaseChargesNothing = "a release charges nothing";
    internal const string AnswersSurvive = "what was answered survives every crash";
    internal const string Covered = "charged + reserved ≤ voucher";
    internal const string LedgerBounded = "a ledger's memory is bounded";
    internal const string TotalsNeverFall = "a ledger's totals never fall";
    internal const string VoucherSignature = "the best voucher has its own signature";
    internal const string VoucherCovered = "a voucher is covered by the escrow when it is taken";
    internal const string ReservedIsHeld = "what is reserved is held";
    internal const string KeyChargedOnce = "a key is charged once";
    internal const string ChargeWithinHold = "a charge is what was asked and at most what was held";

    // What charges, receipts, answers and vouchers of one request say together.
    internal const string SignedTotalDurable = "a signed total is durable";
    internal const string OwesWithinCeilings = "a client owes no more than its ceilings";
    internal const string ChargedToOwnClient = "a request is charged to its own client";
    internal const string ChargeWithinCeiling = "a charge is at most the ceiling";
    internal const string NoChargeWithoutReceipt = "no charge without a receipt";
    internal const string ChargeWithinReceipts = "a charge is at most what the receipts say";
    internal const string AnswerIsForRequest = "an answer is for its request";
    internal const string AnswerWithinCeiling = "an answer costs at most the ceiling";

    // Requests.
    internal const string FirstAnswerStays = "an answered request keeps its first answer";
    internal const string FingerprintNeverChanges = "a fingerprint never changes";
    internal const string OneRequestLease = "at most one lease of a request is good";

    // The mempool.
    internal const string LeaseTokensRise = "lease tokens rise";
    internal const string ReleasedUnderLease = "a released job is under its lease";
    internal const string DeliveriesBounded = "a job is handed out so often at most";
    internal const string NothingAfterDeadline = "a job is not handed out after its deadline";
    internal const string RunningJobHasNode = "a running job has a node, no other has";
    internal const string PoolKeepsCapacity = "a pool keeps its capacity";
    internal const string ReleasedWithinSlots = "released ≤ free slots";
    internal const string JobEndsOnce = "a job ends once, done or dead";
    internal const string JobEndsExactlyOnce = "a job ends exactly once";
    internal const string OneJobLease = "at most one lease of a job is good";

    internal const string ReplacementPays = "who takes a job's place is its payer and pays a tenth more";

    // Batches.
    internal const string LineSettledOnce = "a line is settled once";
    internal const string BatchTokensRise = "a batch's tokens rise with every runner";
    internal const string BatchEndsOnce = "a batch ends once";
    internal const string BatchCompletesWhole = "a batch completes when every line is settled";
    internal const string OnlyGoodLeaseSettles = "only the good lease settles";

    // A subnet's members.
    internal const string RestartChangesNoMember = "a restart changes no member";
    internal const string SubnetVersionRises = "a subnet's version rises with every change";
    internal const string MembersHaveLoads = "members and loads have the same operators";
    internal const string SubnetKeepsBounds = "a subnet keeps its bounds";
    internal const string RecordSequenceRises = "a record's sequence never falls";
    internal const string OldHeartbeatIgnored = "an old heartbeat changes nothing";
    internal const string FreeWithinSlots = "a node has no more free slots than slots";
    internal const string ReportedSlots = "reported slots are the members' free slots";

    // Dispatch.
    internal const string RunEndsOnce = "a run ends once";
    internal const string HedgesWithinShare = "hedges ≤ their share of the runs";
    internal const string InFlightIsWhatRuns = "in flight is what runs";
    internal const string BarredRunNothing = "a barred node runs nothing";
    internal const string InFlightWithinSlots = "in flight ≤ slots";
    internal const string HalfEjected = "at most half are ejected, and those run nothing";
    internal const string TwoAttempts = "two attempts at most, on different nodes, one after the first output";

    // The queue before a gateway's nodes.
    internal const string DecidedOnce = "each applicant is decided once";
    internal const string PlacesCounted = "places taken are those of who was let in";
    internal const string PlacesBounded = "no more are let in than there are places";
    internal const string QueueKeepsBounds = "a queue keeps its bounds";
    internal const string NoPlaceIdle = "places are not left empty while somebody waits";
    internal const string NobodyStarves = "nobody starves";

    // Discovery.
    internal const string RequestEndsByDeadline = "a request ends by its deadline";
    internal const string BucketKeepsBounds = "a bucket keeps its bounds";
    internal const string PeerInItsBucket = "a peer is in the bucket of its distance";
    internal const string TableHasAnswered = "who is in the table has answered";
    internal const string PeerOnceInTable = "a peer is in the table once";
    internal const string PeersWithinShare = "no operator and no address block has more than its share";
    internal const string AnsweringStays = "a peer that answers stays";
    internal const string HolderKeepsBounds = "a holder keeps its bounds";
    internal const string AdvertUnderOwnKeys = "an advert is kept under its own keys only";
    internal const string NewestIsKept = "of an advert the newest is kept";
    internal const string LookupEndsInTime = "a lookup ends within its time";
    internal const string FoundIsSought = "what is found was sought";
    internal const string LookupEndsOnce = "a lookup ends once";
    internal const string NothingExpiredTold = "nobody is told what has expired";
    internal const string AnswerNamesFew = "an answer names k peers at most";

    // When all is quiet.
    internal const string NobodyWaitsForEver = "nobody waits for ever";
    internal const string EverybodyIsMember = "in a calm network everybody is a member";
    internal const string DeliveredIsCharged = "a delivered answer is charged exactly once";
    internal const string ChargedIsAnswered = "every charge has an answer";
    internal const string QueuedIsAnswered = "a queued request is answered";
    internal const string FailedIsNotCharged = "a failed request is not charged";
    internal const string ChargedIsClaimable = "what was charged can be claimed";
    internal const string AdvertisedIsFound = "what is advertised is found";
    internal const string TimeGoesOn = "time goes on";
    internal const string NothingThrows = "nothing throws";
    internal const string BegunEnds = "in calm weather all that was begun ends";

    /// <summary>Every one.</summary>
    internal static IReadOnlyList<string> All { get; } = [.. typeof(Invariant).GetFields(BindingFlags.NonPublic | BindingFlags.Static).Where(static field => field.IsLiteral).Select(static field => (string)field.GetRawConstantValue()!)];
}
