namespace Ncn.Protocol;

/// <summary>What a node record must be before anything is done with it: all parts there, each of a bounded size.</summary>
public static class NodeRecordShape
{
    private const int MaxModels = 64;
    private const int MaxSubnets = 64;
    private const int MaxTensors = 64;
    private const int MaxTextChars = 256;
    private const int MaxKeyBytes = 256;
    private const uint MaxSlots = 4096;

    // Times any count of tokens, with margins and totals over all requests in flight, it stays far below 2^128.
    private static readonly TokenAmount MaxPrice = new(ulong.MaxValue);

    /// <summary>Whether all parts are there and of a bounded size; a record from outside is checked for it before anything else.</summary>
    public static bool IsWellFormed(NodeRecord? record) =>
        record is not null
        && !record.Operator.IsZero
        && NodeEndpoint.TryParse(record.GrpcEndpoint, out _)
        && record.Subnets is { Count: > 0 and <= MaxSubnets }
        && record.Models is { Count: > 0 and <= MaxModels }
        && record.Models.All(IsWellFormed)
        && record.Slots is > 0 and <= MaxSlots
        && record.EncryptionKey.Length <= MaxKeyBytes;

    private static bool IsWellFormed(ModelOffer? offer) =>
        offer is { Inputs: { Count: <= MaxTensors }, Outputs: { Count: <= MaxTensors } }
        && IsPrice(offer.Price) && IsText(offer.Name) && IsText(offer.Version) && IsText(offer.ExecutionProvider)
        && ModelOffer.IsQuantization(offer.Quantization) && offer.Retention is ("" or ModelOffer.RetainsNothing)
        && offer.Service is { IsWellFormed: true }
        && offer.Kind is ModelOffer.Decoder or ModelOffer.Tensor or ModelOffer.Embedding
        && offer.Inputs.Concat(offer.Outputs).All(static tensor => tensor is { Shape.Count: <= MaxTensors } && IsText(tensor.Name) && IsText(tensor.Datatype));

    private static bool IsPrice(ModelPrice? price) =>
        price is not null && price.PerRequest <= MaxPrice && price.PerPromptToken <= MaxPrice
        && price.PerCompletionToken <= MaxPrice && price.PerInputRow <= MaxPrice;

    private static bool IsText(string? text) => text is { Length: > 0 and <= MaxTextChars };
}
