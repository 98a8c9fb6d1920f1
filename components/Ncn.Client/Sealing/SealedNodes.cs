using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Client.Sealing;

/// <summary>A node that a request can be sealed for: its operator signed the key, and is trusted.</summary>
/// <param name="Offer">What it has loaded; a request is sealed for exactly this.</param>
internal sealed record SealedNode(Address Operator, ModelOffer Offer, HpkePublicKey Key, uint FreeSlots);

/// <summary>Reads what a gateway says of the nodes, and believes what their operators signed.</summary>
internal static class SealedNodes
{
    private sealed record Listing(IReadOnlyList<ListedNode> Nodes);

    private sealed record ListedNode(Signed<NodeRecord> Record, uint FreeSlots);

    /// <summary>The nodes whose record is valid; trust is judged apart.</summary>
    /// <exception cref="NcnException">A record is not as its operator signed it: whoever showed it wants to read what is sealed.</exception>
    public static IReadOnlyList<(SealedNode Node, NodeRecord Record)> Read(JsonElement answer, string model, Eip712Domain network, ulong now)
    {
        var nodes = new List<(SealedNode, NodeRecord)>();
        foreach (var listed in Parse(answer).Nodes)
        {
            var record = listed.Record.Message;
            if (!listed.Record.IsSignedBy(record.Operator, network))
            {
                throw new NcnException($"The gateway shows a record of node {record.Operator} that this node did not sign. Nothing is sealed: use another gateway.");
            }

            if (record.ExpiresAt > now && record.Models.FirstOrDefault(offer => offer.Name == model) is { } offer
                && HpkePublicKey.TryParse(record.EncryptionKey.Span, out var key))
            {
                nodes.Add((new SealedNode(record.Operator, offer, key, listed.FreeSlots), record));
            }
        }

        return nodes;
    }

    private static Listing Parse(JsonElement answer)
    {
        try
        {
            var listing = answer.Deserialize<Listing>(ProtocolJson.Strict)!;
            return listing.Nodes.All(static node => node?.Record?.Message is { Models: not null, Subnets: not null })
                ? listing : throw new JsonException("a record is empty");
        }
        catch (JsonException exception)
        {
            throw new NcnException("The gateway's list of sealed keys cannot be read.", exception);
        }
    }
}
