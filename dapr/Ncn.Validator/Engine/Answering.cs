using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Rows;

namespace Ncn.Validator.Engine;

/// <summary>Answers what others ask, from the own rows. The engine's thread alone uses it; snapshots are cut beside the work.</summary>
internal sealed class Answering(IValidatorLink link, RowStore store, EngineInbox inbox)
{
    private const int MostEnds = 8; // ledgers at epochs' ends, which share what did not change
    private const int MostSnapshots = 2;
    private const int AnswerBytes = 1024 * 1024;
    private const int OperationBytes = 256;
    private const int HeaderBytes = 512;

    private readonly List<(Hash32 Block, SnapshotHead? Head, ImmutableArray<SnapshotPart> Parts)> _snapshots = [];
    private ImmutableSortedDictionary<ulong, EndedEpoch> _earlier = ImmutableSortedDictionary<ulong, EndedEpoch>.Empty;
    private ImmutableSortedDictionary<ulong, (VerifiedEpochProof Proof, LedgerState Ledger)> _ends = ImmutableSortedDictionary<ulong, (VerifiedEpochProof Proof, LedgerState Ledger)>.Empty;

    internal void Begin(LogContent content)
    {
        _earlier = content.Earlier;
        if (content.At.Hash == content.Epoch.Anchor.Hash && _earlier.TryGetValue(content.Epoch.Number - 1, out var ended))
        {
            _ends = _ends.SetItem(content.Epoch.Number - 1, (ended.Proof, content.Ledger));
        }
    }

    /// <summary>An epoch is over: the late ones will ask for it.</summary>
    /// <param name="ledger">After its EpochEnd block.</param>
    internal void Ended(EndedEpoch ended, LedgerState ledger)
    {
        var epoch = ended.Proof.Finalization.Epoch;
        _earlier = Newest(_earlier.SetItem(epoch, ended), LogTurns.EpochsKept);
        _ends = Newest(_ends.SetItem(epoch, (ended.Proof, ledger)), MostEnds);
    }

    internal void Answer(Address to, WireMessage.Asked asked, ConsensusState state, LedgerState ledger, Hash32 delivered)
    {
        switch (asked.Question)
        {
            case Question.OfCore { Wanted: Wanted.OfBlock of } when store.Find(of.Hash)?.Header.Epoch == asked.Epoch:
                Send(to, asked, new Answer.Blocks([.. Blocks(of)]));
                break;
            case Question.OfCore { Wanted: Wanted.OfView of } when asked.Epoch == state.Epoch.Number:
                Send(to, asked, new Answer.Certificates([.. store.Of(of.View).OrderBy(static held => held.Kind).Select(static held => held.ToCertificate())]));
                break;
            case Question.OfCore { Wanted: Wanted.OfEpoch } when _earlier.TryGetValue(asked.Epoch, out var ended):
                Send(to, asked, new Answer.OfEpoch(ended.Proof.Finalization.ToCertificate(), [.. ended.Proof.Blocks.Select(ClaimedBlock.Of)]));
                break;
            case Question.OfCore { Wanted: Wanted.OfLedger of }:
                AnswerLedger(to, asked, of, state, ledger, delivered);
                break;
            case Question.OfPart of:
                var parts = _snapshots.Find(snapshot => snapshot.Block == of.Block).Parts;
                Send(to, asked, !parts.IsDefault && of.Part < parts.Length ? new Answer.OfPart(parts[of.Part]) : Ncn.Consensus.Wire.Answer.Nothing.Instance);
                break;
            default:
                Send(to, asked, Ncn.Consensus.Wire.Answer.Nothing.Instance);
                break;
        }
    }

    private IEnumerable<ClaimedBlock> Blocks(Wanted.OfBlock of)
    {
        var room = AnswerBytes;
        foreach (var block in store.Path(of.Hash, of.DownToHeight).Take(WireLimits.Blocks))
        {
            room -= HeaderBytes + (OperationBytes * block.Operations.Length);
            if (room < 0 && block.Hash != of.Hash)
            {
                yield break;
            }

            yield return ClaimedBlock.Of(block);
        }
    }

    private void AnswerLedger(Address to, WireMessage.Asked asked, Wanted.OfLedger of, ConsensusState state, LedgerState ledger, Hash32 delivered)
    {
        var (finalization, blocks, content) = asked.Epoch == state.Epoch.Number && state.Final is { } final && final.BlockHash == delivered && store.Find(delivered) is { } newest ? (final, [newest], ledger)
            : _ends.TryGetValue(asked.Epoch, out var end) ? (end.Proof.Finalization, end.Proof.Blocks, end.Ledger) : (null, ImmutableArray<Block>.Empty, null);
        if (finalization is null || content is null || blocks[^1].Height <= of.AboveHeight)
        {
            Send(to, asked, Ncn.Consensus.Wire.Answer.Nothing.Instance);
            return;
        }

        var hash = blocks[^1].Hash;
        if (_snapshots.Find(snapshot => snapshot.Block == hash).Head is { } ready)
        {
            Send(to, asked, new Answer.OfLedger(ready));
            return;
        }

        _ = Task.Run(() =>
        {
            var parts = SnapshotCutting.Parts(content).ToImmutableArray();
            var head = new SnapshotHead(finalization.ToCertificate(), [.. blocks.Select(ClaimedBlock.Of)], content.Main.Count, content.Receipts.Count, parts.Length);
            inbox.Post(() => Keep(to, asked, hash, head, parts));
        });
    }

    private void Keep(Address to, WireMessage.Asked asked, Hash32 block, SnapshotHead head, ImmutableArray<SnapshotPart> parts)
    {
        _snapshots.RemoveAll(snapshot => snapshot.Block == block);
        _snapshots.Insert(0, (block, head, parts));
        _snapshots.RemoveRange(Math.Min(MostSnapshots, _snapshots.Count), Math.Max(0, _snapshots.Count - MostSnapshots));
        Send(to, asked, new Answer.OfLedger(head));
    }

    private static ImmutableSortedDictionary<ulong, T> Newest<T>(ImmutableSortedDictionary<ulong, T> all, int most) => all.RemoveRange(all.Keys.Take(Math.Max(0, all.Count - most)));

    private void Send(Address to, WireMessage.Asked asked, Answer answer) => link.Send(to, new WireMessage.Answered(asked.Epoch, asked.Number, answer));
}
