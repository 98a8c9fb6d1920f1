using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests;

internal static class Samples
{
    internal const ulong Start = 1_000_000;

    internal static Address Node(int number)
    {
        var bytes = new byte[20];
        bytes[0] = 0xAA;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), number);
        return new Address(bytes);
    }

    internal static RequestId Request(int number)
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), number);
        return new RequestId(new Hash32(bytes));
    }

    internal static TokenAmount Amount(int units) => new((UInt128)units);

    internal static NodeRecord Record(int node, ulong sequence, ulong now = Start, uint slots = 4) => new(
        Node(node), sequence, $"127.0.0.1:{9000 + node}", [1], [Offer()], slots, HexBytes.Empty, now, now + 3_600_000);

    internal static ModelOffer Offer() => new(
        new ModelDigest(Request(7).Value), "digits", "1", ModelOffer.Tensor, ModelPrice.Free, 0, 16, 65536, "CPU",
        [new TensorSpec("input", "FP32", [-1, 64])], [new TensorSpec("scores", "FP32", [-1, 10])]);
}
