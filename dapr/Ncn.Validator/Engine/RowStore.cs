using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>The durable rows of the epoch in memory, as far as others may still ask for them. The engine's thread alone uses it.</summary>
internal sealed class RowStore
{
    /// <summary>Final blocks that are kept for those who are behind, heights; further behind is what snapshots are for.</summary>
    internal const ulong Kept = 512;

    private readonly Dictionary<Hash32, Block> _blocks = [];
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

    internal Block? Find(Hash32 hash) => _blocks.GetValueOrDefault(hash);

    internal ImmutableArray<VerifiedCertificate> Of(ulong view) => _certificates.TryGetValue(view, out var held) ? [.. held] : [];

    /// <summary>The block and its ancestors, newest first.</summary>
    internal IEnumerable<Block> Path(Hash32 hash, ulong downToHeight)
    {
        for (var block = Find(hash); block is not null && block.Height > downToHeight; block = Find(block.Header.ParentHash))
        {
            yield return block;
        }
    }

    /// <summary>A block is final: what is long before it is forgotten, and so are blocks beside it.</summary>
    internal void Delivered(Block block)
    {
        _final.Enqueue(block);
        while (_final.Count > (int)Kept)
        {
            var old = _final.Dequeue();
            foreach (var view in _certificates.Keys.TakeWhile(view => view <= old.View).ToArray())
            {
                _certificates.Remove(view);
            }

            foreach (var hash in _blocks.Values.Where(other => other.View <= old.View).Select(static other => other.Hash).ToArray())
            {
                _blocks.Remove(hash);
            }
        }
    }

    internal void Clear()
    {
        _blocks.Clear();
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
