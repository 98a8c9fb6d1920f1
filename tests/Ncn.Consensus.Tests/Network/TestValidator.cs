using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Network;

/// <summary>A validator's shell as it should be: carries out the core's outputs, with a disk, a guard and a ledger that survive crashes.</summary>
internal sealed class TestValidator(TestNetwork network, int index)
{
    private readonly Dictionary<Hash32, Block> _blocks = [];
    private readonly Dictionary<Vote, VerifiedCertificate> _certificates = [];
    private readonly Adversary? _adversary = network.Options.Byzantine.Contains(index) ? new Adversary(network, index) : null;
    private readonly Dictionary<ulong, VerifiedEpochProof> _proofs = [];
    private SignGuard _guard = SignGuard.Of(1);
    private EpochSettings _epoch = Sample.Epoch(network.Set, index, network.Options.EndHeight);
    private LedgerState _anchorState = LedgerState.Empty;
    private LedgerTree _ledger = null!;
    private ulong _diskBusyUntil;
    private bool _isDown;
    private int _life;
    private ulong _operations;

    internal bool IsByzantine => _adversary is not null;

    internal int Index => index;

    internal ConsensusState State { get; private set; } = null!;

    internal List<Block> Chain { get; } = [];

    internal List<Evidence> Accusations { get; } = [];

    internal List<Checkpoint> Submitted { get; } = [];

    internal List<string> Halts { get; } = [];

    internal IEnumerable<VerifiedCertificate> DurableCertificates => _certificates.Values;

    internal void Start()
    {
        State = ConsensusState.Create(_epoch, _guard, network.Options.Limits);
        _ledger = LedgerTree.At(_epoch.Anchor.Hash, _anchorState);
        Apply(ConsensusInput.Started.Instance);
        Apply(new ConsensusInput.WorkAvailable(true));
    }

    internal void Crash(ulong back)
    {
        if (_isDown || IsByzantine)
        {
            return;
        }

        (_isDown, _life, _diskBusyUntil) = (true, _life + 1, 0);
        network.At(back, Restart);
    }

    /// <summary>With the rows that were durable; the ledger is made anew from the epoch's first block on.</summary>
    internal void Restart()
    {
        if (!_isDown)
        {
            return;
        }

        _isDown = false;
        Chain.RemoveAll(block => block.Height > _epoch.Anchor.Height);
        _ledger = LedgerTree.At(_epoch.Anchor.Hash, _anchorState);
        State = ConsensusState.Restore(
            _epoch, _guard, DurableCertificates, _blocks.Values.Where(block => block.Header.Epoch == _epoch.Number), null, network.Options.Limits);
        Apply(ConsensusInput.Started.Instance);
        Apply(new ConsensusInput.WorkAvailable(true));
    }

    internal void Receive(ConsensusMessage message)
    {
        _adversary?.Learn(message);
        if (!_isDown && EpochOf(message) > State.Epoch.Number)
        {
            Apply(ConsensusInput.LaterEpochSeen.Instance);
        }

        Apply(new ConsensusInput.Received(message));
    }

    internal void Apply(ConsensusInput input)
    {
        if (_isDown)
        {
            return;
        }

        var (state, outputs) = ConsensusCore.Apply(State, input);
        Assert.True(state.Epoch.Number > State.Epoch.Number || (state.View >= State.View && state.FinalView >= State.FinalView && state.Guard.Floor >= State.Guard.Floor), "views never fall");
        State = state;
        foreach (var output in outputs)
        {
            CarryOut(output);
        }
    }

    private static ulong EpochOf(ConsensusMessage message) => message switch
    {
        ConsensusMessage.Ballot ballot => ballot.Vote.Vote.Epoch,
        ConsensusMessage.Certified certified => certified.Certificate.Epoch,
        ConsensusMessage.Proposed proposed => proposed.Proposal.Block.Header.Epoch,
        _ => 0,
    };

    // What is durable when the epoch was closed: the next one's anchor and its state.
    private void Open(VerifiedEpochProof proof, Hash32 nextSet)
    {
        Assert.Equal(network.Set.Hash, nextSet);
        _proofs[_epoch.Number] = proof;
        _anchorState = _ledger.Delivered;
        _epoch = _epoch with { Number = _epoch.Number + 1, Anchor = EpochSettings.After(proof.End), EndHeight = _epoch.EndHeight + network.Options.EndHeight };
        Later(1, () => Apply(new ConsensusInput.EpochOpened(_epoch)));
    }

    private void Later(ulong milliseconds, Action action)
    {
        var life = _life;
        network.At(milliseconds, () =>
        {
            if (!_isDown && life == _life)
            {
                action();
            }
        });
    }

    private void CarryOut(ConsensusOutput output)
    {
        switch (output)
        {
            case ConsensusOutput.Persist persist:
                OnDisk(() =>
                {
                    Array.ForEach([.. persist.Rows], Write);
                    Apply(new ConsensusInput.Persisted(persist.Sequence));
                });
                break;
            case ConsensusOutput.Sign sign:
                Later((ulong)network.Luck.Below(network.Options.Disk + 1), () => Sign(sign.Vote));
                break;
            case ConsensusOutput.SignCheckpoint sign:
                _guard = _guard.With(sign.Checkpoint);
                Later(0, () => Apply(new ConsensusInput.SignedCheckpoint(VerifiedCheckpoint.Trust(sign.Checkpoint, index, default))));
                break;
            case ConsensusOutput.RaiseFloor raise:
                _guard = raise.Epoch == _guard.Epoch ? _guard.WithFloor(raise.Floor) : _guard;
                break;
            case ConsensusOutput.Send send:
                Send(send);
                break;
            case ConsensusOutput.SetTimer timer:
                Later(timer.Milliseconds, () => Apply(new ConsensusInput.TimerFired(timer.Timer)));
                break;
            case ConsensusOutput.Fetch fetch:
                Fetch(fetch.What);
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
                var place = new BlockPlace(State.Epoch, build.Kind, network.Set.Members[index].Key, new BlockContext(0, default, default, build.Parent.Context.Time + 1));
                var operation = SignedOperation.Trust(new Operation.AnnounceNode(Sample.Key(100 + index), ++_operations, Sample.Word(build.View)), default);
                var content = LedgerExecution.Build(_ledger.Find(build.Parent.Hash)!, place, [operation]);
                Later(0, () => Apply(new ConsensusInput.Built(build.View, content)));
                break;
            case ConsensusOutput.Validate validate:
                (_ledger, var isValid) = _ledger.Validate(validate.Block, State.Epoch);
                Later(0, () => Apply(new ConsensusInput.Validated(validate.Block.Hash, isValid)));
                break;
            case ConsensusOutput.Deliver deliver:
                Deliver(deliver.Block);
                break;
            case ConsensusOutput.Restore restore:
                _ledger = LedgerTree.At(restore.Snapshot.Block.Hash, restore.Snapshot.Ledger);
                Chain.Add(restore.Snapshot.Block);
                break;
            case ConsensusOutput.EpochClosed closed:
                Open(closed.Proof, closed.NextSet);
                break;
            case ConsensusOutput.Accuse accuse:
                Accusations.Add(accuse.Evidence);
                break;
            case ConsensusOutput.SubmitCheckpoint submit:
                Submitted.Add(submit.Checkpoint);
                break;
            case ConsensusOutput.SafetyHalt halt:
                Halts.Add(halt.Reason);
                break;
            default:
                break;
        }
    }

    private void Write(DurableRow row)
    {
        if (row is DurableRow.OfBlock { Block: var block })
        {
            _blocks[block.Hash] = block;
        }
        else if (row is DurableRow.OfCertificate { Certificate: var certificate })
        {
            _certificates[certificate.Vote] = certificate;
        }
    }

    private void OnDisk(Action done)
    {
        _diskBusyUntil = Math.Max(_diskBusyUntil, network.Now) + (ulong)network.Luck.Below(network.Options.Disk + 1);
        Later(_diskBusyUntil - network.Now, done);
    }

    // The guard's compare-and-set, and what must be true of every vote that leaves.
    private void Sign(Vote vote)
    {
        if (vote.Epoch >= _guard.Epoch && _guard.ForEpoch(vote.Epoch).Allows(vote))
        {
            _guard = _guard.ForEpoch(vote.Epoch).With(vote);
            Apply(new ConsensusInput.Signed(VerifiedVote.Trust(vote, index, default)));
        }
    }

    private void Send(ConsensusOutput.Send send)
    {
        Check(send.Message);
        foreach (var to in send.To is { } one ? [one] : Enumerable.Range(0, network.Validators.Length).Where(to => to != index))
        {
            foreach (var message in _adversary?.Twist(to, send.Message) ?? [send.Message])
            {
                network.Send(index, to, message);
            }
        }
    }

    private void Check(ConsensusMessage message)
    {
        var own = message switch
        {
            ConsensusMessage.Ballot ballot => ballot.Vote.Vote,
            ConsensusMessage.Proposed proposed => proposed.Proposal.LeaderVote.Vote,
            _ => null,
        };
        if (own is null || IsByzantine)
        {
            return;
        }

        if (message is ConsensusMessage.Proposed { Proposal.Block: var block })
        {
            network.ProposedAt.TryAdd(block.Hash, network.Now);
        }

        Assert.True(_guard.Has(own) || own.Epoch < _guard.Epoch || own.View <= _guard.Floor, "a vote leaves after its guard row");
        Assert.True(own.Kind != VoteKind.Notarize || _blocks.ContainsKey(own.BlockHash), "a Notarize leaves after its block is durable");
        Assert.True(own.Kind != VoteKind.Finalize || _certificates.ContainsKey(own with { Kind = VoteKind.Notarize }), "a Finalize leaves after its Notarization is durable");
        var others = network.Sent.TryGetValue((index, own.Epoch, own.View), out var known) ? known : network.Sent[(index, own.Epoch, own.View)] = [];
        others.Add(own);
        Assert.DoesNotContain(others, other => Evidence.Conflict(other, own));
    }

    private void Deliver(Block block)
    {
        Assert.Equal((ulong)Chain.Count + 1, block.Height);
        Chain.Add(block);
        _ledger = _ledger.Deliver(block, State.Epoch);
        if (!IsByzantine)
        {
            Assert.True(network.Final.TryAdd(block.Height, block.Hash) || network.Final[block.Height] == block.Hash, $"two final blocks of height {block.Height}");
            if (network.ProposedAt.TryGetValue(block.Hash, out var at))
            {
                network.FinalDelays.Add(network.Now - at);
            }
        }
    }

    private void Fetch(Wanted what)
    {
        foreach (var other in network.Validators.Where(other => other.Index != index && !other._isDown && !other.IsByzantine))
        {
            network.At(2 * network.Options.Delay, () => other.Answer(this, what));
        }
    }

    private void Answer(TestValidator asker, Wanted what)
    {
        switch (what)
        {
            case Wanted.OfBlock of when _blocks.TryGetValue(of.Hash, out var block):
                asker.Apply(new ConsensusInput.BlockReceived(block));
                break;
            case Wanted.OfEpoch of when _proofs.TryGetValue(of.Epoch, out var proof):
                asker.Apply(new ConsensusInput.EpochProofReceived(proof));
                break;
            case Wanted.OfView of:
                foreach (var held in DurableCertificates.Where(held => held.Epoch == asker.State.Epoch.Number && held.View == of.View).ToArray())
                {
                    asker.Receive(new ConsensusMessage.Certified(held));
                }

                break;
            case Wanted.OfLedger when State.Final is { } final && Chain.LastOrDefault() is { } last && last.Hash == final.BlockHash && last.Hash == _ledger.Hash
                && VerifiedSnapshot.Of(final, last, _ledger.Delivered) is { } snapshot:
                asker.Apply(new ConsensusInput.SnapshotReceived(snapshot));
                break;
            default:
                break;
        }
    }
}
