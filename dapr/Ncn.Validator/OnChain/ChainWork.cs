using System.Globalization;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification;

namespace Ncn.Validator.OnChain;

/// <summary>
/// What anybody may tell the chain, and a validator with coin for it does: snapshots that are due, checkpoints, evidence, penalties. Each is asked
/// for until the chain shows it, under a purpose of its own, so it is done at least once and paid for once.
/// </summary>
/// <remarks>All validators do the same. The one whose turn it is does it at once, the others some looks later, when it is still not done.</remarks>
internal sealed class ChainWork(ChainConnection chain, SubnetId subnet, ChainObserver observer, OwedToChain owed, WorkFold fold, Func<int> turn, ILogger log)
{
    private const int NameBytes = 8; // of a call's digest
    private readonly ConsensusContract _consensus = new(chain);
    private readonly PenaltyContract _penalties = new(chain);
    private readonly HashSet<Hash32> _settled = [];
    private readonly Dictionary<string, int> _looks = [];

    /// <summary>One look at all that is owed.</summary>
    internal async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (chain.Sender is null || observer.Glance is not { } glance)
        {
            return;
        }

        await SnapshotAsync(glance, cancellationToken);
        await CheckpointsAsync(glance, cancellationToken);
        foreach (var evidence in owed.All.Evidence)
        {
            await AccuseAsync(evidence, cancellationToken);
        }

        await PenaltiesAsync(glance, cancellationToken);
    }

    private async Task SnapshotAsync(ChainGlance glance, CancellationToken cancellationToken)
    {
        var isDue = glance.Newest is null || glance.Time >= glance.Newest.TakenAt + glance.Subnet.Parameters.EpochLength;
        var number = (glance.Newest?.Id ?? 0) + 1;
        if (isDue && IsOwnTurn($"snapshot-{number}"))
        {
            await SendAsync($"snapshot-{subnet}-{number}", _consensus.TakeSnapshotCall(subnet), cancellationToken);
        }
    }

    // An epoch's last checkpoint must be accepted before any of the next.
    private async Task CheckpointsAsync(ChainGlance glance, CancellationToken cancellationToken)
    {
        owed.RemoveCheckpoints(done => done.Epoch < glance.Epoch || done.Height <= (glance.Latest?.Height ?? 0));
        if (owed.All.Checkpoints.FirstOrDefault(waiting => waiting.Checkpoint.Epoch == glance.Epoch) is { } next && IsOwnTurn($"checkpoint-{next.Checkpoint.Height}"))
        {
            await SendAsync(
                $"checkpoint-{subnet}-{next.Checkpoint.Epoch}-{next.Checkpoint.Height}", _consensus.SubmitCheckpointCall(subnet, next.Checkpoint, next.Signatures), cancellationToken);
        }
    }

    private async Task AccuseAsync(OwedEvidence evidence, CancellationToken cancellationToken)
    {
        var call = evidence.FirstVote is { } first ? _consensus.SlashVotesCall(subnet, first, evidence.SecondVote!) : _consensus.SlashCheckpointsCall(subnet, evidence.First!, evidence.Second!);
        if (await SendAsync($"slash-{subnet}-{evidence.Epoch}-{evidence.Key}", call, cancellationToken) is TransactionOutcome.Mined or TransactionOutcome.Reverted { Error: "AlreadySlashed" or "EvidenceTooOld" or "NotInSet" })
        {
            owed.Remove(evidence);
        }
    }

    // Under the root that the newest accepted checkpoint has: another one proves nothing.
    private async Task PenaltiesAsync(ChainGlance glance, CancellationToken cancellationToken)
    {
        if (glance.Latest is not { RewardsRoot.IsZero: false } latest || fold.Statements.FirstOrDefault(statement => statement.Root == latest.RewardsRoot) is not { Stated: { } stated })
        {
            return;
        }

        foreach (var penalty in stated.Penalties.Values.Where(penalty => !_settled.Contains(penalty.Id)))
        {
            await PenaltyAsync(penalty, RewardTree.Of(stated), stated.Pardons.Contains(penalty.Id), glance.Time, cancellationToken);
        }
    }

    private async Task PenaltyAsync(Penalty penalty, RewardTree tree, bool isPardoned, ulong now, CancellationToken cancellationToken)
    {
        var known = await _penalties.ReadPenaltyAsync(subnet, penalty.Id);
        switch (known.State)
        {
            case PenaltyState.None when !isPardoned && IsOwnTurn($"open-{penalty.Id}"):
                await SendAsync(
                    $"open-{penalty.Id}", _penalties.OpenPenaltyCall(subnet, penalty.Id, (SubnetRole)penalty.Role, penalty.Operator, penalty.Amount, penalty.Reason, tree.ProofOf(penalty)), cancellationToken);
                break;
            case PenaltyState.Open when isPardoned && IsOwnTurn($"pardon-{penalty.Id}"):
                await SendAsync($"pardon-{penalty.Id}", _penalties.PardonPenaltyCall(subnet, penalty.Id, tree.ProofOfPardon(penalty.Id)), cancellationToken);
                break;
            case PenaltyState.Open when !isPardoned && now >= known.ExecutableAt && IsOwnTurn($"execute-{penalty.Id}"):
                await SendAsync($"execute-{penalty.Id}", _penalties.ExecutePenaltyCall(subnet, penalty.Id), cancellationToken);
                break;
            case PenaltyState.Executed or PenaltyState.Pardoned:
                _settled.Add(penalty.Id);
                break;
            default:
                break;
        }
    }

    // Each of those in front has one look before it is our turn.
    private bool IsOwnTurn(string what)
    {
        var looks = _looks[what] = _looks.GetValueOrDefault(what) + 1;
        if (_looks.Count > 1_000)
        {
            _looks.Clear();
        }

        return looks > turn();
    }

    // A purpose is carried out once, with one call. What is to be done may be said in another call later (other signatures, a proof under a newer root): that is another purpose.
    private async Task<TransactionOutcome> SendAsync(string purpose, TransactionCall call, CancellationToken cancellationToken)
    {
        var outcome = await chain.Transactions.SendAsync(new PurposeId($"{purpose}-{Convert.ToHexStringLower(Keccak256.Of(call.Data.Span).ToArray().AsSpan(0, NameBytes))}"), call, cancellationToken);
        if (outcome is TransactionOutcome.Mined mined)
        {
            log.LogInformation("{What} is on the chain ({Transaction}).", call.What, mined.Receipt.Transaction);
        }
        else if (outcome is TransactionOutcome.Reverted reverted)
        {
            log.LogInformation("{What} was refused: {Reason}", call.What, string.Create(CultureInfo.InvariantCulture, $"{reverted.Error} {reverted.Reason}"));
        }

        return outcome;
    }
}
