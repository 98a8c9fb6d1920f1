using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>
/// Asks for what the core lacks: those who should have it first, then the others in turn. A question that is not answered comes again from
/// the core. A snapshot comes in parts, one after the other, from one member. The engine's thread alone uses it.
/// </summary>
internal sealed class Fetching(IValidatorLink link, TimeProvider time)
{
    private const int MostOpen = 64;
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(2);

    private readonly Dictionary<ulong, (Address Peer, Question Question)> _open = [];
    private readonly Queue<ulong> _order = new();
    private EpochSettings? _epoch;
    private SnapshotAssembly? _assembly;
    private (VerifiedCertificate Finalization, ImmutableArray<Block> Blocks) _head;
    private long _progress;
    private ulong _number;
    private int _turn;

    internal void Ask(ConsensusOutput.Fetch fetch, EpochSettings epoch)
    {
        _epoch = epoch;
        if (fetch.What is Wanted.OfLedger && _assembly is not null && time.GetElapsedTime(_progress) < Stalled)
        {
            return;
        }

        if (Choose(fetch.Holders, epoch) is { } peer)
        {
            Ask(peer, new Question.OfCore(fetch.What));
        }
    }

    /// <summary>An answer whose signatures were checked.</summary>
    internal void Answered(Address from, CheckedAnswer answer, Action<ConsensusInput> give)
    {
        if (!_open.Remove(answer.Number, out var asked) || asked.Peer != from)
        {
            return;
        }

        foreach (var block in answer.Blocks)
        {
            give(new ConsensusInput.BlockReceived(block));
        }

        foreach (var certificate in answer.Certificates)
        {
            give(new ConsensusInput.Received(new ConsensusMessage.Certified(certificate)));
        }

        if (answer.Proof is { } proof)
        {
            give(new ConsensusInput.EpochProofReceived(proof));
        }

        if (answer.Head is var (head, finalization, blocks))
        {
            (_assembly, _head) = (new SnapshotAssembly(head), (finalization, blocks));
            Continue(from, give);
        }

        if (answer.Part is { } part)
        {
            _assembly = _assembly?.With(part);
            Continue(from, give);
        }
    }

    /// <summary>Another epoch: nothing of the old one is wanted.</summary>
    internal void Clear()
    {
        _open.Clear();
        _order.Clear();
        _assembly = null;
    }

    private void Continue(Address from, Action<ConsensusInput> give)
    {
        _progress = time.GetTimestamp();
        if (_assembly is not { IsWhole: true } whole)
        {
            if (_assembly is { } partial)
            {
                Ask(from, new Question.OfPart(_head.Blocks[^1].Hash, partial.Next));
            }

            return;
        }

        _assembly = null;
        if (whole.Finish(_head.Finalization, _head.Blocks) is { } snapshot)
        {
            give(new ConsensusInput.SnapshotReceived(snapshot));
        }
    }

    private void Ask(Address peer, Question question)
    {
        var number = ++_number;
        _open[number] = (peer, question);
        _order.Enqueue(number);
        while (_order.Count > MostOpen)
        {
            _open.Remove(_order.Dequeue());
        }

        link.Send(peer, new WireMessage.Asked(_epoch!.Number, number, question));
    }

    // Holders in turn; every third time anybody, since those who should have it may have lost it, or their keys: members of a later epoch have what was before.
    private Address? Choose(SignerBits holders, EpochSettings epoch)
    {
        var turn = _turn++;
        var others = link.Connected;
        Address[] best = turn % 3 == 2 ? [] : [.. others.Where(key => epoch.Set.IndexOf(key) is { } place && holders.Contains(place))];
        return best.Length > 0 ? best[turn % best.Length] : others.Length > 0 ? others[turn % others.Length] : default(Address?);
    }
}

/// <summary>An answer in which everything was checked that can be.</summary>
internal sealed record CheckedAnswer(
    ulong Number, IReadOnlyList<Block> Blocks, IReadOnlyList<VerifiedCertificate> Certificates, VerifiedEpochProof? Proof,
    (SnapshotHead Head, VerifiedCertificate Finalization, ImmutableArray<Block> Blocks)? Head, SnapshotPart? Part);

/// <summary>Somebody speaks of a later epoch.</summary>
internal sealed record LaterEpoch
{
    internal static LaterEpoch Instance { get; } = new();
}

/// <summary>The epoch that messages are checked against, and the one before, whose last checkpoint is still collected.</summary>
internal sealed record PublishedEpoch(EpochSettings Current, EpochSettings? Before);
