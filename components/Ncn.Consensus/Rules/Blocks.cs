using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Which blocks are kept, and that they are durable before anything depends on them (D6).</summary>
internal static class Blocks
{
    /// <summary>Writes the block's row, unless it is written.</summary>
    internal static void Persist(Step step, Hash32 hash)
    {
        if (step.State.Tree[hash] is { IsDurable: false } entry)
        {
            step.State = step.State with { Tree = step.State.Tree.With(entry with { IsDurable = true }) };
            step.Persist(new DurableRow.OfBlock(entry.Block));
        }
    }

    /// <summary>A certified block that is here is written.</summary>
    internal static void KeepIfCertified(Step step, Hash32 hash) => Persist(step, hash);

    /// <summary>Keeps a block in the tree.</summary>
    internal static void Keep(Step step, Block block)
    {
        step.State = step.State with { Tree = step.State.Tree.With(block) };
        if (step.State.CertificatesOf(block.View).Certified == block.Hash)
        {
            Persist(step, block.Hash);
        }
    }
}
