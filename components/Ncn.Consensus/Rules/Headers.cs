namespace Ncn.Consensus.Rules;

/// <summary>What a header must say, given its parent (rules B1 and V9).</summary>
internal static class Headers
{
    internal static bool FollowsFrom(EpochSettings epoch, BlockHeader header, Ancestor parent) =>
        header.Network == epoch.Network && header.Epoch == epoch.Number && header.ParentView == parent.View && header.ParentHash == parent.Hash
        && (header.Kind, header.Height) == epoch.ChildOf(parent)
        && header.Proposer == epoch.Leaders.LeaderOf(header.View)
        && header.Context.Time >= parent.Context.Time && header.Context.ChainNumber >= parent.Context.ChainNumber
        && header.Roots.NextSet.IsZero == (header.Kind == BlockKind.Normal)
        && (header.Kind != BlockKind.Tail || IsTailOf(header, parent));

    private static bool IsTailOf(BlockHeader header, Ancestor parent) =>
        header.Body.IsZero && header.Roots == parent.Roots && header.Context == parent.Context with { Reveal = default };
}
