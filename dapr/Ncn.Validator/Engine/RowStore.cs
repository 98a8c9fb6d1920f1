using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>The durable rows of the epoch in memory, as far as others may still ask for them. The engine's thread alone uses it.</summary>
internal sealed class RowStore
{
    /// <summary>Final blocks that are kept for those who are behind, heights; further behind is what snapshots are for.</summary>
    internal const ulong Kept = 512;

    private const int Slack = 64; // so many are forgotten at once: all are looked through for it

    private Dictionary<Hash32, Block> _blocks = [];
    private Dictionary<Hash32, Block> _before = [];
    private readonly SortedDictionary<ulong, List<VerifiedCertificate>> _certificates = [];
    private readonly Queue<Block> _final = new();

    /// <summary>Every row that is kept.</summary>
    internal IEnumerable<DurableRow> Rows => _blocks.Values.OrderBy(static block => block.View).Select(static block => (DurableRow)new DurableRow.OfBlock(block))
        .Concat(_certificates.Values.SelectMany(static held => held).Select(static certificate => new DurableRow.OfCertificate(certificate)));

    internal IEnumerable<Block> Blocks => _blocks.Values;

    internal IEnumerable<VerifiedCertificate> Certificates => _certificates.Values.SelectMany(static held => held);

    internal void Take(DurableRow row)
    {
        switch (row)
        {
            case DurableRow.OfBlock of:
                _blocks[of.Block.Hash] = of.Block;
                break;
            case DurableRow.OfCertificate of:
                Take(of.Certificate);
                break;
            default:
                break;
        }
    }

    /// <summary>A block of this epoch, or of the one before.</summary>
    internal Block? Find(Hash32 hash) => _blocks.GetValueOrDefault(hash) ?? _before.GetValueOrDefault(hash);

    internal ImmutableArray<VerifiedCertificate> Of(ulong view) => _certificates.TryGetValue(view, out var held) ? [.. held] : [];

    /// <summary>The block and its ancestors of the same epoch, newest first.</summary>
    internal IEnumerable<Block> Path(Hash32 hash, ulong downToHeight)
    {
        var first = Find(hash);
        for (var block = first; block is not null && block.Height > downToHeight && block.Header.Epoch == first!.Header.Epoch; block = Find(block.Header.ParentHash))
        {
            yield return block;
        }
    }

    /// <summary>A block is final: what is long before it is forgotten, and so are blocks beside it.</summary>
    internal void Delivered(Block block)
    {
        _final.Enqueue(block);
        if (_final.Count < (int)Kept + Slack)
        {
            return;
        }

        var old = block;
        while (_final.Count > (int)Kept)
        {
            old = _final.Dequeue();
        }

        foreach (var view in _certificates.Keys.TakeWhile(view => view <= old.View).ToArray())
        {
            _certificates.Remove(view);
        }

        foreach (var hash in _blocks.Values.Where(other => other.View <= old.View).Select(static other => other.Hash).ToArray())
        {
            _blocks.Remove(hash);
        }
    }

    /// <summary>Another epoch begins. The blocks of the one before stay, for those who come to its end later; of earlier ones nothing does.</summary>
    internal void BeginEpoch()
    {
        (_before, _blocks) = (_blocks, []);
        _certificates.Clear();
        _final.Clear();
    }

    private void Take(VerifiedCertificate certificate)
    {
        if (!_certificates.TryGetValue(certificate.View, out var held))
        {
            _certificates[certificate.View] = held = [];
        }

        held.RemoveAll(other => other.Kind == certificate.Kind);
        held.Add(certificate);
    }
}
