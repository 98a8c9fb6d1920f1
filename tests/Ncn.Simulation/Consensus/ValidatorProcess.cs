using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Consensus;

/// <summary>What a validator asks another for.</summary>
internal sealed record FetchCall(Wanted What, ulong Epoch)
{
    public override string ToString() => $"{What.GetType().Name}";
}

/// <summary>A validator: the real core, and around it what its shell is to be. A Byzantine one runs it too and lies about what comes out.</summary>
internal sealed partial class ValidatorProcess : Process
{
    private const ulong FetchTime = 1_500;
    private const ulong LongestHold = 5;
    private readonly List<DurableRow> _held = [];
    private readonly ConsensusCores _cores;
    private readonly ValidatorNetwork _network;
    private readonly ValidatorDisk _disk;
    private readonly ByzantineVoice? _voice;
    private readonly HashSet<Vote> _known = [];
    private EpochSettings _epoch;
    private LedgerTree _ledger;
    private ulong _height;
    private ulong _written;
    private int _generation;
    private readonly SpoiledFrames _spoiled;

    internal ValidatorProcess(ValidatorNetwork network, int number, bool isTwin = false)
        : base(network.World, $"validator {number}{(isTwin ? " (twin)" : string.Empty)}")
    {
        (Number, _network, Strategy) = (number, network, network.Profile.Strategies[number]);
        _cores = Strategy == Strategy.Honest ? network.Cores : new ConsensusCores();
        _disk = new ValidatorDisk(Disk, _cores);
        _voice = Strategy == Strategy.Honest ? null : new ByzantineVoice(this, Strategy);
        Frames = network.Profile.Keys.AreSigning ? new FrameDesk(network.Profile, IsHonest ? network.Profile.Fault : FrameFault.None) : null;
        _spoiled = new SpoiledFrames(network.World);
        _epoch = network.First(Key);
        _ledger = LedgerTree.At(_epoch.Anchor.Hash, LedgerState.Empty);
        State = ConsensusState.Create(_epoch, SignGuard.Of(1), network.Profile.Bounds);
    }

    internal int Number { get; }

    internal Strategy Strategy { get; }

    internal bool IsHonest => _voice is null;

    internal ValidatorNetwork Network => _network;

    /// <summary>Its consensus key.</summary>
    internal Address Key => _network.Profile.Keys.Of(Number, _generation);

    internal ConsensusState State { get; private set; }

    internal LedgerTree LedgerTree => _ledger;

    internal Rows Rows => _disk.Durable;

    /// <summary>Its messages as bytes; null where they are objects.</summary>
    internal FrameDesk? Frames { get; }

    internal override void Start()
    {
        _disk.Load();
        _known.Clear();
        _held.Clear();
        _ready.Clear();
        var (rows, ledger) = (_disk.Durable, _disk.DurableLedger);
        _epoch = _disk.DurableEpoch is { } opened ? opened with { Own = opened.Set.IndexOf(Key) } : _network.First(Key);
        _ledger = LedgerTree.At(ledger?.At.Hash ?? _epoch.Anchor.Hash, ledger?.State ?? LedgerState.Empty);
        if (rows.Proofs.TryGetValue(_epoch.Number, out var proof) && proof.End.Hash == _ledger.Hash)
        {
            _epoch = Next(proof.End); // it crashed between two epochs
            _disk.Open(_epoch, static () => { });
        }

        Frames?.Open(_epoch);
        _height = ledger?.At.Height ?? 0;
        _pool.Clear();
        Desk?.Begin(ledger?.Verification, ledger?.At);
        var at = ledger?.At.Hash == _epoch.Anchor.Hash ? null : ledger?.At;
        var above = rows.Blocks.Values.Where(block => block.Header.Epoch == _epoch.Number && block.View > (at?.View ?? 0));
        State = ConsensusState.Restore(_epoch, _disk.DurableGuard, rows.Certificates.Values, above, at, _network.Profile.Bounds, Closed(rows));
        Give(ConsensusInput.Started.Instance);
        _ = BeatAsync();
    }

    /// <summary>Whether operations wait, beside those that it was told of.</summary>
    internal void Work(bool hasWork)
    {
        _hasWork = hasWork;
        Give(new ConsensusInput.WorkAvailable(hasWork || _pool.Count > 0));
    }

    /// <summary>With the own key, where keys sign.</summary>
    internal Signature Sign<T>(T message)
        where T : ITypedData => _network.Profile.Keys.Sign(Key, message);

    /// <summary>Sends a message: as it is, or its frames. After a liar's frame comes one that is like it.</summary>
    internal void Speak(ValidatorProcess to, ConsensusMessage message)
    {
        if (Frames is null)
        {
            Tell(to, message);
            return;
        }

        foreach (var (bytes, meant) in Frames.Write(message))
        {
            Tell(to, new FrameNote(bytes, IsHonest ? meant : null));
            if (!IsHonest)
            {
                _spoiled.See(bytes);
                Tell(to, new FrameNote(_spoiled.Like(bytes), null));
            }
        }
    }

    internal void Give(ConsensusInput input)
    {
        var before = State;
        (State, var outputs) = _cores.Apply(before, input);
        if (IsHonest)
        {
            ConsensusInvariants.Stepped(Name, before, State);
        }

        foreach (var output in outputs)
        {
            CarryOut(output);
        }
    }

    /// <summary>The disk is lost: it takes a new key, which has no vote until a set has it (rule C4).</summary>
    internal void LoseDisk()
    {
        var lost = Key;
        Crash();
        Disk.Restore(new Dictionary<string, object?>());
        _generation++;
        _network.Renew(this, lost);
        Restart();
    }

    /// <summary>The rows of certificates are lost; the guard is there.</summary>
    internal void LoseCertificates()
    {
        Crash();
        _disk.LoseCertificates();
        Restart();
    }

    protected override void OnNote(Process from, object body)
    {
        if (body is OperationNote note)
        {
            Hear(note);
        }
        else if (body is ReadyNote ready)
        {
            Hear(ready);
        }
        else if ((body is FrameNote frame ? Read(frame) : body) is ConsensusMessage message)
        {
            _voice?.Hear(message);
            Hear(message);
        }
    }

    protected override void OnCall(Call call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var asked = (FetchCall)call.Body;
        if (_voice?.Answer(asked) is { } lie)
        {
            call.Reply(Frames?.Write(asked.Epoch, lie) ?? lie);
            return;
        }

        var rows = _disk.Durable;
        object? answer = asked.What switch
        {
            Wanted.OfBlock of => rows.Blocks.GetValueOrDefault(of.Hash),
            Wanted.OfView of => rows.Of(asked.Epoch, of.View).ToArray(),
            Wanted.OfLedger => SnapshotOf(rows),
            Wanted.OfEpoch of => rows.Proofs.GetValueOrDefault(of.Epoch),
            _ => null,
        };
        call.Reply(Frames?.Write(asked.Epoch, answer) ?? answer);
    }

    private ConsensusMessage? Read(FrameNote frame)
    {
        var message = Frames!.Read(Name, frame, out var isLater);
        if (isLater)
        {
            Give(ConsensusInput.LaterEpochSeen.Instance);
        }

        return message;
    }

    internal static Vote? VoteOf(ConsensusMessage message) => SignedVoteOf(message)?.Vote;

    internal static VerifiedVote? SignedVoteOf(ConsensusMessage message) => message switch
    {
        ConsensusMessage.Ballot ballot => ballot.Vote,
        ConsensusMessage.Proposed proposed => proposed.Proposal.LeaderVote,
        _ => null,
    };

    internal static ulong EpochOf(ConsensusMessage message) => message switch
    {
        ConsensusMessage.Ballot ballot => ballot.Vote.Vote.Epoch,
        ConsensusMessage.Proposed proposed => proposed.Proposal.Block.Header.Epoch,
        ConsensusMessage.Certified certified => certified.Certificate.Epoch,
        ConsensusMessage.Relayed { Votes: [var vote, ..] } => vote.Vote.Epoch,
        _ => 0,
    };

    private void Hear(ConsensusMessage message)
    {
        if (IsHonest && World.IsCalm && SignedVoteOf(message) is { } vote && vote.Vote.Epoch == _epoch.Number && vote.Signer < _epoch.Set.Members.Length
            && vote.Vote.View <= State.View + 1 && vote.Vote.View + 8 > State.FinalView && !_network.IsHonest(_epoch.Set.Members[vote.Signer].Key))
        {
            _network.Invariants.Heard(_epoch.Set.Members[vote.Signer].Key, vote.Vote, World.Now);
        }

        if (EpochOf(message) > _epoch.Number)
        {
            Give(ConsensusInput.LaterEpochSeen.Instance);
        }

        Give(new ConsensusInput.Received(message));
    }

    private VerifiedSnapshot? SnapshotOf(Rows rows) =>
        State.Final is { } final && final.BlockHash == _ledger.Hash && rows.Blocks.TryGetValue(final.BlockHash, out var block) ? VerifiedSnapshot.Of(final, block, _ledger.Delivered) : null;

    private void CarryOut(ConsensusOutput output)
    {
        switch (output)
        {
            case ConsensusOutput.Persist persist:
                CheckHeld(persist);
                Persist(persist);
                break;
            case ConsensusOutput.Sign sign:
                var place = _epoch.Own!.Value;
                _disk.Sign(sign.Vote, () => Give(new ConsensusInput.Signed(VerifiedVote.Trust(sign.Vote, place, Sign(sign.Vote)))), reason => Give(new ConsensusInput.SignRefused(reason)));
                break;
            case ConsensusOutput.SignCheckpoint sign:
                _disk.Sign(
                    sign.Checkpoint, () => Give(new ConsensusInput.SignedCheckpoint(VerifiedCheckpoint.Trust(sign.Checkpoint, sign.Signer, Sign(sign.Checkpoint)))), reason => Give(new ConsensusInput.SignRefused(reason)));
                break;
            case ConsensusOutput.RaiseFloor raise:
                _disk.RaiseFloor(raise.Epoch, raise.Floor);
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

    // What can wait goes along with the next rows, or alone some time later.
    private void Persist(ConsensusOutput.Persist persist)
    {
        _held.AddRange(persist.Rows);
        _written = persist.Sequence;
        if (!persist.CanWait)
        {
            WriteHeld();
        }
        else if (_held.Count == persist.Rows.Length)
        {
            After(LongestHold, WriteHeld);
        }
    }

    private void WriteHeld()
    {
        if (_held.Count > 0)
        {
            var written = _written;
            _disk.Append([.. _held], () => Give(new ConsensusInput.Persisted(written)));
            _held.Clear();
        }
    }

    private void Send(ConsensusOutput.Send send)
    {
        if (IsHonest && VoteOf(send.Message) is { } vote)
        {
            Check(vote, send.Message);
        }

        var named = send.To is { } to ? _epoch.Set.Members[to].Key : default;
        foreach (var other in _network.All.Where(other => other != this && (send.To is null || other.Key == named)))
        {
            if (_voice is null)
            {
                Speak(other, send.Message);
            }
            else
            {
                _voice.Say(other, send.Message);
            }
        }
    }

    private void Check(Vote vote, ConsensusMessage message)
    {
        var rows = _disk.Durable;
        var invariants = _network.Invariants;
        var isAgain = invariants.HasCast(Key, vote);
        var hasGrounds = vote.Kind switch
        {
            VoteKind.Notarize => rows.Blocks.ContainsKey(vote.BlockHash),
            VoteKind.Finalize => isAgain || rows.Certificates.ContainsKey(vote with { Kind = VoteKind.Notarize }),
            _ => true,
        };
        invariants.Cast(Name, Key, vote, _disk.IsGuarded(vote), hasGrounds, vote.Epoch == 1 || rows.Proofs.ContainsKey(vote.Epoch - 1));
        if (vote.Kind == VoteKind.Notarize && !isAgain)
        {
            ConsensusInvariants.Notarized(Name, _epoch, rows.Blocks[vote.BlockHash].Header, view => rows.Certificates.ContainsKey(new Vote(VoteKind.Nullify, vote.Epoch, view, default)));
        }

        Say($"casts {message}");
    }

    private void CheckHeld(ConsensusOutput.Persist persist)
    {
        foreach (var row in persist.Rows)
        {
            if (IsHonest && row is DurableRow.OfCertificate { Certificate: { Kind: VoteKind.Notarize } certificate } && _known.Add(certificate.Vote))
            {
                ConsensusInvariants.Held(Name, certificate, certificate.Signers.Members()
                    .Select(place => (Place: _epoch.Set.Members[place].Key, Owner: _network.OwnerOf(_epoch.Set.Members[place].Key)))
                    .Where(static signer => signer.Owner.IsHonest && signer.Owner.Key == signer.Place)
                    .Select(signer => (signer.Owner.Name, signer.Owner.Rows.Blocks.ContainsKey(certificate.BlockHash))));
            }
        }
    }

    private async Flow FetchAsync(ConsensusOutput.Fetch fetch)
    {
        var epoch = _epoch.Number;
        var holders = fetch.Holders.Members().Where(place => place < _epoch.Set.Members.Length).Select(place => _epoch.Set.Members[place].Key).ToHashSet();
        var others = _network.All.Where(other => other != this && holders.Contains(other.Key)).ToArray();
        others = others.Length > 0 && World.Below(4) > 0 ? others : [.. _network.All.Where(other => other != this)];
        var answer = await Ask(others[(int)World.Below((ulong)others.Length)], new FetchCall(fetch.What, epoch), FetchTime);
        switch (answer is FrameAnswer frame ? Frames!.Read(frame) : answer)
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
            case VerifiedEpochProof proof when IsHistory(proof):
                Give(new ConsensusInput.EpochProofReceived(proof));
                break;
            default:
                break;
        }
    }

    // P5, P6: those who had stake in an epoch may have taken it out since; what the chain has accepted of the epoch's end binds them.
    private bool IsHistory(VerifiedEpochProof proof) =>
        _cores.BelievesHistory || _network.Registry.At(proof.End.Height) is not { } accepted || accepted.Checkpoint.BlockHash == proof.End.Hash;
}
