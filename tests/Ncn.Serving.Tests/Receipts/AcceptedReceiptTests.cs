using Google.Protobuf;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Receipts;

namespace Ncn.Serving.Tests.Receipts;

public sealed class AcceptedReceiptTests
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));

    [Fact]
    public void Of_a_sealed_request_the_receipt_alone_is_kept()
    {
        var accepted = Accepted([new Chunk { Sealed = ByteString.CopyFrom(7, 7), SealedTokens = 2 }], new RollingOutputHash(default, 0).Append([], [7, 7])) with { IsSealed = true };
        var evidence = AcceptedReceipt.Evidence(3, StoredReceipt.Parser.ParseFrom(accepted.ToStored().ToByteArray()));

        Assert.True(evidence.IsSealed);
        Assert.Empty(evidence.Input);
        Assert.Empty(evidence.Output);
        Assert.Null(evidence.Problem(ReceiptLeaf.Of(accepted.Receipt), Domain));
    }

    [Fact]
    public void Of_tensors_all_is_kept()
    {
        byte[] tensors = [1, 2, 3, 4];
        var accepted = Accepted([new Chunk { Tensors = ByteString.CopyFrom(tensors) }], new RollingOutputHash(default, 0).Append([], tensors));
        var evidence = AcceptedReceipt.Evidence(3, StoredReceipt.Parser.ParseFrom(accepted.ToStored().ToByteArray()));

        Assert.Equal(tensors, Assert.Single(evidence.Output).Tensors);
        Assert.Null(evidence.Problem(ReceiptLeaf.Of(accepted.Receipt), Domain));
        Assert.NotNull((evidence with { Output = [new OutputPiece([], string.Empty, [1, 2, 3, 5])] }).Problem(ReceiptLeaf.Of(accepted.Receipt), Domain));
    }

    private static AcceptedReceipt Accepted(Chunk[] chunks, Hash32 output)
    {
        using var node = new Signer(Enumerable.Repeat((byte)3, 32).ToArray());
        using var gateway = new Signer(Enumerable.Repeat((byte)4, 32).ToArray());
        byte[] input = [9, 9];
        var job = new InferenceJob(default, 0, gateway.Address, node.Address, default, Keccak256.Of(input), 42, new TokenAmount(50), 9);
        var receipt = new Receipt(default, 0, node.Address, gateway.Address, default, job.InputHash, output, 42, 0, 1, new TokenAmount(40), default, default, default, 1, 2);
        return AcceptedReceipt.Of(gateway.Sign(job, Domain), node.Sign(receipt, Domain), input, chunks, fingerprints: null);
    }
}
