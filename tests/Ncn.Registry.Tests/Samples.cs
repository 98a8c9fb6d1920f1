using System.Buffers.Binary;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

internal static class Samples
{
    internal static Signer Signer(byte number)
    {
        var key = new byte[32];
        key[31] = number;
        return new Signer(key);
    }

    internal static Hash32 Hash(int number)
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), number);
        return new Hash32(bytes);
    }

    internal static RequestId Request(int number) => new(Hash(number));

    internal static TokenAmount Amount(uint units) => new(units);

    internal static Signed<NodeRecord> Record(Signer node, ulong now, ulong sequence = 1, params string[] models) => node.Sign(
        new NodeRecord(
            node.Address, sequence, "127.0.0.1:8090", [1],
            [.. (models.Length == 0 ? ["digits"] : models).Select(static name =>
                new ModelOffer(new ModelDigest(Hash(7)), name, "1", ModelOffer.Tensor, ModelPrice.Free, 0, 16, 65536, "CPU", [], []))],
            4, HexBytes.Empty, now, now + 3_600_000),
        RegistryFixture.NetworkDomain);

    internal static Signed<NodeHeartbeat> Beat(Signer node, ulong now, ulong sequence, uint free = 4) =>
        node.Sign(new NodeHeartbeat(node.Address, sequence, free, 0, now), RegistryFixture.NetworkDomain);

    internal static QueuedJob Job(int number, ulong now, uint fee = 1, ulong life = 600_000) =>
        new(Request(number), new SubnetId(1), "text", "tiny-chat", Amount(fee), "http://127.0.0.1:8080", now, now + life);

    internal static QueuedRequest Queued(ulong now, ChannelId? channel = null, string dialect = "chat") => new(
        [1, 2, 3], channel, Amount(50), new Usage(1, 2, 0), "tiny-chat", 7, dialect, now, now + 600_000);

    internal static ChannelConfig Config(Signer payer) => new(
        payer.Address, Address.Zero, Signer(200).Address, Address.Zero, Address.Parse("0x00000000000000000000000000000000000000c1"), 900, Hash(1));

    internal static ReserveCall Reserve(Signer payer, int request, uint voucherMax, uint amount, ulong now) => new(
        Request(request).ToString(), new SubnetId(1),
        SignedVoucher.Create(Config(payer), Amount(voucherMax), payer, RegistryFixture.PaymentsDomain),
        Amount(amount), new ChannelFunds(Amount(1_000_000), TokenAmount.Zero), now + 600_000);
}
