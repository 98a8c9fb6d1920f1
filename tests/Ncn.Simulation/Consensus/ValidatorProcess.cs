using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>What a validator asks another for.</summary>
internal sealed record FetchCall(Wanted What);

/// <summary>A validator: the real core, and around it what its shell is to be. A Byzantine one runs it too and lies about what comes out.</summary>
internal sealed class ValidatorProcess : Process
{
    private const ulong FetchTime = 1_500;
    private readonly ConsensusCores _cores;
    private readonly ConsensusInvariants _invariants;
    private readonly ValidatorDisk _disk;
    private readonly ByzantineVoice? _voice;
    private readonly EpochSettings _epoch;
    private LedgerTree _ledger;

    internal ValidatorProcess(World world, int number, ConsensusProfile profile, ConsensusCores cores, ConsensusInvariants invariants)
        : base(world, $"validator {number}")
    {
        (Number, _epoch, _invariants) = (number, profile.Epoch with { Own = number }, invariants);
        Strategy = profile.Strategies[number];
        _cores = Strategy == Strategy.Honest ? cores : new ConsensusCores();
        _disk = new ValidatorDisk(Disk, _cores);
        _voice = Strategy == Strategy.Honest ? null : new ByzantineVoice(this, Strategy);
        _ledger = LedgerTree.At(_epoch.Anchor.Hash, LedgerState.Empty);
        State = ConsensusState.Create(_epoch, SignGuard.Of(1), ConsensusProfile.Limits);
    }

    internal int Number { get; }

    internal Strategy Strategy { get; }

    internal bool IsHonest => _voice is null;

    internal IReadOnlyList<ValidatorProcess> All { get; set; } = [];

    internal ConsensusState State { get; private set; }

    internal LedgerTree LedgerTree => _ledger;

    internal ulong Checkpointed { get; private set; }

    internal override void Start()
    {
        _disk.Load();
        var (rows, ledger) = (_disk.Durable, _disk.DurableLedger);
        _ledger = LedgerTree.At(ledger?.At.Hash ?? _epoch.Anchor.Hash, ledger?.State ?? LedgerState.Empty);
        var above = rows.Blocks.Values.Where(block => block.View > (ledger?.At.View ?? 0));
        State = ConsensusState.Restore(_epoch, _disk.DurableGuard, rows.Certificates.Values, above, ledger?.At, ConsensusProfile.Limits);
        Give(ConsensusInput.Started.Instance);
    }

    /// <summary>Whether operations wait.</summary>
    internal void Work(bool hasWork) => Give(new ConsensusInput.WorkAvailable(hasWork));

    internal void Give(ConsensusInput input)
    {
        (State, var outputs) = _cores.Apply(State, input);
        foreach (var output in outputs)
        {
            CarryOut(output);
        }
    }

    protected override void OnNote(Process from, object body)
    {
        if (body is not ConsensusMessage message)
        {
            return;
        }

        if (IsHonest && World.IsCalm && from is ValidatorProcess { IsHonest: false } liar && VoteOf(message) is { } vote)
        {
            _invariants.Heard(liar.Number, vote, World.Now);
        }

        Give(new ConsensusInput.Received(message));
    }

    protected override void OnCall(Call call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var rows = _disk.Durable;
        call.Reply(((FetchCall)call.Body).What switch
        {
            Wanted.OfBlock when Strategy == Strategy.LyingAboutState => State.Tree.Entries.Values.FirstOrDefault()?.Block,
            Wanted.OfBlock of => rows.Blocks.GetValueOrDefault(of.Hash),
            Wanted.OfView of => rows.Certificates.Values.Where(held => held.View == of.View).ToArray(),
            Wanted.OfLedger => Snapshot(rows),
            _ => null,
        });
    }

    internal static Vote? VoteOf(ConsensusMessage message) => message switch
    {
        ConsensusMessage.Ballot ballot => ballot.Vote.Vote,
        ConsensusMessage.Proposed proposed => proposed.Proposal.LeaderVote.Vote,
        _ => null,
    };

    private VerifiedSnapshot? Snapshot(Rows rows) =>
        State.Final is { } final && final.BlockHash == _ledger.Hash && rows.Blocks.TryGetValue(final.BlockHash, out var block) ? VerifiedSnapshot.Of(final, block, _ledger.Delivered) : null;

    private void CarryOut(ConsensusOutput output)
    {
        switch (output)
        {
            case ConsensusOutput.Persist persist:
                _disk.Append(persist.Rows, () => Give(new ConsensusInput.Persisted(persist.Sequence)));
                break;
            case ConsensusOutput.Sign sign:
                _disk.Sign(sign.Vote, () => Give(new ConsensusInput.Signed(VerifiedVote.Trust(sign.Vote, Number, default))), reason => Give(new ConsensusInput.SignRefused(reason)));
                break;
            case ConsensusOutput.SignCheckpoint sign:
                _disk.Sign(sign.Checkpoint, () => Give(new ConsensusInput.SignedCheckpoint(VerifiedCheckpoint.Trust(sign.Checkpoint, Number, default))));
                break;
            case ConsensusOutput.RaiseFloor raise:
                _disk.RaiseFloor(raise.Floor);
                break;
            case ConsensusOutput.Send send:
                Send(send);
                break;
            case ConsensusOutput.SetTimer timer:
                After(timer.Milliseconds, () => Give(new ConsensusInput.TimerFired(timer.Timer)));
                break;
            case ConsensusOutput.Fetch fetch:
                _ = FetchAsync(fetch);
                break;
            default:
                CarryOutLedger(output);
                break;
        }
    }

    private void CarryOutLedger(ConsensusOutput output)
    {
        switch (output)
        {
            case ConsensusOutput.Build build:
                Build(build);
                break;
            case ConsensusOutput.Validate validate:
                (_ledger, var isValid) = _ledger.Validate(validate.Block, _epoch);
                After(1, () => Give(new ConsensusInput.Validated(validate.Block.Hash, isValid)));
                break;
            case ConsensusOutput.Deliver deliver:
                Deliver(deliver.Block);
                break;
            case ConsensusOutput.Restore restore:
                _ledger = LedgerTree.At(restore.Snapshot.Block.Hash, restore.Snapshot.Ledger);
                Keep(restore.Snapshot.Block);
                Say($"goes on from a snapshot of height {restore.Snapshot.Block.Height}");
                break;
            case ConsensusOutput.Accuse accuse when IsHonest:
                Say($"accuses {accuse.Evidence}");
                _invariants.Accuse(Name, accuse.Evidence, All[accuse.Evidence.Signer].IsHonest);
                break;
            case ConsensusOutput.SubmitCheckpoint submit:
                Checkpointed = Math.Max(Checkpointed, submit.Checkpoint.Height);
                break;
            case ConsensusOutput.SafetyHalt halt when IsHonest:
                _invariants.Halted(Name, halt.Reason);
                break;
            default:
                break;
        }
    }

    private void Build(ConsensusOutput.Build build)
    {
        var place = new BlockPlace(_epoch, build.Kind, _epoch.Set.Members[Number].Key, new BlockContext(0, default, default, Math.Max(Clock.Now, build.Parent.Context.Time)));
        var operation = SignedOperation.Trust(new Operation.AnnounceNode(Names.Node(Number), build.View, Names.Content(build.View)), default);
        var content = LedgerExecution.Build(_ledger.Find(build.Parent.Hash)!, place, [operation]);
        After(1, () => Give(new ConsensusInput.Built(build.View, content)));
    }

    private void Deliver(Block block)
    {
        _ledger = _ledger.Deliver(block, _epoch);
        Keep(block);
        Say($"delivers height {block.Height} of view {block.View}");
        if (IsHonest)
        {
            _invariants.Delivered(Name, block);
        }
    }

    private void Keep(Block block) => _disk.Keep(new Ledger(_ledger.Delivered, Ancestor.Of(block)));

    private void Send(ConsensusOutput.Send send)
    {
        if (IsHonest && VoteOf(send.Message) is { } vote)
        {
            Check(vote, send.Message);
        }

        foreach (var to in All.Where(other => other != this && (send.To is null || send.To == other.Number)))
        {
            if (_voice is null)
            {
                Tell(to, send.Message);
            }
            else
            {
                _voice.Say(to, send.Message);
            }
        }
    }

    private void Check(Vote vote, ConsensusMessage message)
    {
        var rows = _disk.Durable;
        var guard = _disk.DurableGuard;
        var hasGrounds = vote.Kind switch
        {
            VoteKind.Notarize => rows.Blocks.ContainsKey(vote.BlockHash),
            VoteKind.Finalize => rows.Certificates.ContainsKey(vote with { Kind = VoteKind.Notarize }),
            _ => true,
        };
        var block = vote.Kind == VoteKind.Notarize ? rows.Blocks.GetValueOrDefault(vote.BlockHash) : null;
        _invariants.Cast(Name, Number, vote, guard.Has(vote) || vote.View <= guard.Floor, hasGrounds, block);
        if (block is not null)
        {
            ConsensusInvariants.Notarized(Name, block.Header, view => rows.Certificates.ContainsKey(new Vote(VoteKind.Nullify, 1, view, default)));
        }

        Say($"casts {message}");
    }

    private async Flow FetchAsync(ConsensusOutput.Fetch fetch)
    {
        var others = All.Where(other => other != this && fetch.Holders.Contains(other.Number)).ToArray();
        others = others.Length > 0 ? others : [.. All.Where(other => other != this)];
        var answer = await Ask(others[(int)World.Below((ulong)others.Length)], new FetchCall(fetch.What), FetchTime);
        switch (answer)
        {
            case Block block:
                Give(new ConsensusInput.BlockReceived(block));
                break;
            case VerifiedCertificate[] certificates:
                Array.ForEach(certificates, certificate => Give(new ConsensusInput.Received(new ConsensusMessage.Certified(certificate))));
                break;
            case VerifiedSnapshot snapshot:
                Give(new ConsensusInput.SnapshotReceived(snapshot));
                break;
            default:
                break;
        }
    }
}
