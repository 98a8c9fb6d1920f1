using Ncn.Protocol;

namespace Ncn.Serving.Receipts;

/// <summary>A closed period's list, as it is kept. Whoever writes it first has fixed the order.</summary>
/// <param name="Leaves">The name of the rows in their order.</param>
/// <param name="Segments">What of each segment is in this list, in the order of the rows' numbers.</param>
/// <param name="Operation">The commitment to it, for the validators' ledger; null for a list without receipts.</param>
/// <param name="Signature">Under the operation.</param>
internal sealed record ReceiptManifest(
    ulong Period, Hash32 Root, uint Count, TokenAmount Total, string Leaves, IReadOnlyList<SegmentUse> Segments, LedgerOperation? Operation, Signature Signature);

/// <param name="Name">Without ending.</param>
/// <param name="Rows">How many of its rows had come when the list was closed: those after them are of the next list.</param>
internal sealed record SegmentUse(string Name, uint Rows);
