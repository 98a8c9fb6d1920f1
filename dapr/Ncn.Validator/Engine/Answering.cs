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
    private const int MostSnapshots = 2;
    private const int AnswerBytes = 1024 * 1024;
    private const int OperationBytes = 256;
    private const int HeaderBytes = 512;

    private readonly List<(Hash32 Block, SnapshotHead? Head, ImmutableArray<SnapshotPart> Parts)> _snapshots = [];
    private ImmutableSortedDictionary<ulong, EndedEpoch> _earlier = ImmutableSortedDictionary<ulong, EndedEpoch>.Empty;
    private (VerifiedEpochProof Proof, LedgerState Ledger)? _anchor;

    internal void Begin(LogContent content)
    {
        _earlier = content.Earlier;
        if (content.At.Hash == content.Epoch.Anchor.Hash && _earlier.TryGetValue(content.Epoch.Number - 1, out var ended))
        {
            _anchor = (ended.Proof, content.Ledger);
        }
    }

    /// <summary>An epoch is over: the late ones will ask for it.</summary>
    /// <param name="ledger">After its EpochEnd block.</param>
    internal void Ended(EndedEpoch ended, LedgerState ledger)
    {
        _earlier = _earlier.SetItem(ended.Proof.Finalization.Epoch, ended);
        _anchor = (ended.Proof, ledger);
    }

    internal void Answer(Address to, WireMessage.Asked asked, ConsensusState state, LedgerState ledger, Hash32 delivered)
    {
        switch (asked.Question)
        {
            case Question.OfCore { Wanted: Wanted.OfBlock of } when asked.Epoch == state.Epoch.Number:
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
        var (finalization, block, content) = asked.Epoch == state.Epoch.Number && state.Final is { } final && final.BlockHash == delivered ? (final, store.Find(delivered), ledger)
            : _anchor is var (proof, end) && asked.Epoch == proof.Finalization.Epoch ? (proof.Finalization, proof.End, end) : (null, null, null);
        if (finalization is null || block is null || content is null || block.Height <= of.AboveHeight)
        {
            Send(to, asked, Ncn.Consensus.Wire.Answer.Nothing.Instance);
            return;
        }

        if (_snapshots.Find(snapshot => snapshot.Block == block.Hash).Head is { } ready)
        {
            Send(to, asked, new Answer.OfLedger(ready));
            return;
        }

        _ = Task.Run(() =>
        {
            var parts = SnapshotCutting.Parts(content).ToImmutableArray();
            var head = new SnapshotHead(finalization.ToCertificate(), ClaimedBlock.Of(block), content.Main.Count, content.Receipts.Count, parts.Length);
            inbox.Post(() => Keep(to, asked, block.Hash, head, parts));
        });
    }

    private void Keep(Address to, WireMessage.Asked asked, Hash32 block, SnapshotHead head, ImmutableArray<SnapshotPart> parts)
    {
        _snapshots.RemoveAll(snapshot => snapshot.Block == block);
        _snapshots.Insert(0, (block, head, parts));
        _snapshots.RemoveRange(Math.Min(MostSnapshots, _snapshots.Count), Math.Max(0, _snapshots.Count - MostSnapshots));
        Send(to, asked, new Answer.OfLedger(head));
    }

    private void Send(Address to, WireMessage.Asked asked, Answer answer) => link.Send(to, new WireMessage.Answered(asked.Epoch, asked.Number, answer));
}
