using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Bytes of a receipt: its members in order.</summary>
internal static class ReceiptForm
{
    internal static CanonicalWriter Write(CanonicalWriter writer, Receipt receipt) => writer
        .Word(receipt.RequestId.Value).Number(receipt.Attempt).Address(receipt.Node).Address(receipt.Gateway).Word(receipt.ModelDigest.Value).Word(receipt.InputHash)
        .Word(receipt.OutputHash).Number(receipt.Seed).Number(receipt.PromptTokens).Number(receipt.CompletionTokens).Amount(receipt.Price).Word(receipt.ChannelId.Value)
        .Amount(receipt.Cumulative).Word(receipt.FingerprintRoot).Number(receipt.StartedAt).Number(receipt.FinishedAt);

    internal static Receipt Read(ref FormReader reader) => new(
        new RequestId(reader.Word()), reader.Number32(), reader.Address(), reader.Address(), new ModelDigest(reader.Word()), reader.Word(),
        reader.Word(), reader.Number(), reader.Number32(), reader.Number32(), reader.Amount(), new ChannelId(reader.Word()),
        reader.Amount(), reader.Word(), reader.Number(), reader.Number());
}
