using Ncn.Protocol;

namespace Ncn.Client;

/// <summary>Checks a receipt against what the client knows by itself.</summary>
public static class ReceiptCheck
{
    /// <summary>What is wrong with the receipt; null when nothing is.</summary>
    /// <param name="network">The EIP-712 domain of the network's messages.</param>
    /// <param name="digests">The digests under which the model is offered; empty when they are not known.</param>
    public static string? Problem(NcnMember member, Eip712Domain network, IReadOnlyCollection<ModelDigest> digests)
    {
        ArgumentNullException.ThrowIfNull(member);
        var receipt = member.Receipt.Message;
        return !member.Receipt.IsSignedBy(receipt.Node, network) ? $"the receipt is not signed by the node {receipt.Node} that it names"
            : receipt.RequestId != member.RequestId ? "the receipt is for another request"
            : receipt.Node != member.Node ? "the receipt is from another node than the answer"
            : receipt.ModelDigest != member.ModelDigest ? "the receipt is for another model than the answer"
            : digests.Count > 0 && !digests.Contains(receipt.ModelDigest) ? $"no node offers the model digest {receipt.ModelDigest}"
            : receipt.FinishedAt < receipt.StartedAt ? "the receipt ends before it begins"
            : receipt.Price > receipt.Cumulative && !receipt.ChannelId.Value.IsZero ? "the receipt's running total is below its price"
            : null;
    }
}
