using System.Buffers.Binary;
using System.Globalization;
using Ncn.Protocol;

namespace Ncn.Discovery.Tests;

/// <summary>Peers and adverts without real signatures: the core takes them as checked.</summary>
internal static class Samples
{
    internal const ulong Start = 1_790_000_000_000;
    internal const ulong Hour = 60UL * 60 * 1000;
    internal static readonly Address Somebody = Operator(7);

    internal static Address Operator(uint number)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], number + 1);
        return new Address(bytes);
    }

    /// <summary>A place whose first byte is given: an 8-bit key space.</summary>
    internal static Hash32 Place(byte first, byte last = 0)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        (bytes[0], bytes[^1]) = (first, last);
        return new Hash32(bytes);
    }

    internal static AddressBlock Block(uint number) => new(number + 1);

    /// <summary>A peer at a place; of an operator and in a block of its own unless said otherwise.</summary>
    internal static Contact Peer(Hash32 place, uint operatorNumber, AddressBlock? block = null, ulong sequence = 1, string? url = null, ulong? expiresAt = null) =>
        Contact.Placed(new PeerId(place), new Signed<PeerRecord>(
            new PeerRecord(default, Operator(operatorNumber), sequence, url ?? Url(place), Start, expiresAt ?? Start + (24 * Hour)), default),
            block ?? Block(operatorNumber));

    internal static Contact Peer(byte first) => Peer(Place(first), first);

    internal static VerifiedAdvert Gateway(
        uint operatorNumber, ulong sequence = 1, uint subnet = 1, string url = "http://127.0.0.1:8080", ulong issuedAt = Start, ulong life = Hour, string model = "tiny-chat") =>
        VerifiedAdvert.Trusted(new Signed<GatewayRecord>(new GatewayRecord(
            Operator(operatorNumber), sequence, subnet, url, [new GatewayModel(model, default)], issuedAt, issuedAt + life), default));

    internal static VerifiedAdvert Node(uint operatorNumber, int tensors = 1, ulong sequence = 1) =>
        VerifiedAdvert.Trusted(new Signed<NodeRecord>(NodeRecordOf(Operator(operatorNumber), tensors, sequence), default));

    internal static NodeRecord NodeRecordOf(Address operatorAddress, int tensors = 1, ulong sequence = 1) => new(
        operatorAddress, sequence, "10.0.0.1:8090", [1, 2],
        [new ModelOffer(default, "digits", "1", ModelOffer.Tensor, ModelPrice.Free, 0, 8, 1024, "CPU", [.. Enumerable.Repeat(Tensor, tensors)], [Tensor])],
        4, HexBytes.Empty, Start, Start + Hour);

    private static TensorSpec Tensor { get; } = new("input", "FP32", [-1, 784]);

    private static string Url(Hash32 place) => string.Create(CultureInfo.InvariantCulture, $"http://{place.ToString()[2..10]}.example.org");
}
