using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>Tells others, signed, what is kept beside the ledger. The engine's thread alone uses it; the bytes are made beside the work, for one block at a time.</summary>
internal sealed class KeptAnswering(IValidatorLink link, IKeptState kept, Func<KeptDigest, Signature> sign, EngineInbox inbox)
{
    private const int MostReady = 2;
    private readonly List<(Answer.OfKept Head, byte[] Content)> _ready = [];
    private bool _isMaking;

    internal void Answer(Address to, WireMessage.Asked asked)
    {
        if (asked.Question is Question.OfKept of && !_ready.Exists(ready => ready.Head.Block == of.Block) && !_isMaking && kept.After(of.Block) is { } make)
        {
            _isMaking = true;
            _ = Task.Run(() => Make(to, asked, of.Block, make));
            return;
        }

        link.Send(to, new WireMessage.Answered(asked.Epoch, asked.Number, AnswerTo(asked.Question)));
    }

    private Answer AnswerTo(Question question) => question switch
    {
        Question.OfKept of when Find(of.Block) is var (head, _) => head,
        Question.OfKeptPart of when Find(of.Block) is var (head, content) && of.Part < head.Parts => new Answer.OfKeptPart(of.Block, of.Part, PartOf(content, of.Part)),
        _ => Ncn.Consensus.Wire.Answer.Nothing.Instance,
    };

    private (Answer.OfKept Head, byte[] Content)? Find(Hash32 block) => _ready.FindIndex(ready => ready.Head.Block == block) is >= 0 and var place ? _ready[place] : null;

    private void Make(Address to, WireMessage.Asked asked, Hash32 block, Func<(Hash32 Digest, byte[] Content)> make)
    {
        (Answer.OfKept Head, byte[] Content)? made = null;
        try
        {
            var (digest, content) = make();
            var parts = (content.Length + WireLimits.SnapshotPartBytes - 1) / WireLimits.SnapshotPartBytes;
            made = parts <= WireLimits.KeptParts ? (new Answer.OfKept(block, digest, parts, sign(new KeptDigest(block, digest))), content) : null;
        }
        finally
        {
            inbox.Post(() => Keep(to, asked, made));
        }
    }

    private void Keep(Address to, WireMessage.Asked asked, (Answer.OfKept Head, byte[] Content)? made)
    {
        _isMaking = false;
        if (made is { } ready)
        {
            _ready.Insert(0, ready);
            _ready.RemoveRange(Math.Min(MostReady, _ready.Count), Math.Max(0, _ready.Count - MostReady));
        }

        link.Send(to, new WireMessage.Answered(asked.Epoch, asked.Number, AnswerTo(asked.Question)));
    }

    private static HexBytes PartOf(byte[] content, int part)
    {
        var from = part * WireLimits.SnapshotPartBytes;
        return new HexBytes(content.AsSpan(from, Math.Min(WireLimits.SnapshotPartBytes, content.Length - from)));
    }
}
