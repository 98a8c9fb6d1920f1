using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Simulation.Roles;

/// <summary>Who and what there is, by number.</summary>
internal static class Names
{
    internal const string Model = "chat";
    internal static readonly SubnetId Subnet = new(1);
    internal static readonly Address Operator = Person(1, 0);
    private static readonly Address Token = Person(9, 0);

    internal static Address Node(int number) => Person(2, number);

    /// <summary>An operator that has peers in the discovery network.</summary>
    internal static Address Operating(int number) => Person(4, number);

    internal static int NumberOf(Address person)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        person.CopyTo(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes[16..]);
    }

    internal static Address Client(int number) => Person(3, number);

    internal static RequestId Request(ulong number)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Kernel.Mix.Of(number, 1));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], number);
        return new RequestId(new Hash32(bytes));
    }

    internal static Hash32 Content(ulong number)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], number);
        return new Hash32(bytes);
    }

    /// <summary>A client's channel to the operator.</summary>
    internal static ChannelConfig ClientChannel(int client) =>
        new(Client(client), Address.Zero, Operator, Operator, Token, 3600, Hash32Of(client));

    internal static ChannelConfig NodeChannel(int node) => Payments.Channels.NodeChannel.Config(Operator, Node(node), Token);

    internal static string ClientLedger(int client) => $"client {client}'s channel";

    internal static string NodeLedger(int node) => $"the channel to node {node}";

    /// <summary>What stands for the payer's signature: it says which total was signed. Nobody in the simulator forges one.</summary>
    internal static Signature Seal(TokenAmount total)
    {
        Span<byte> bytes = stackalloc byte[Signature.Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes[16..], total.Units);
        bytes[64] = 27;
        return new Signature(bytes);
    }

    internal static SignedVoucher Voucher(ChannelConfig config, TokenAmount total) => new(config, total, Seal(total));

    private static Hash32 Hash32Of(int number) => Content((ulong)number);

    private static Address Person(int kind, int number)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        bytes[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], number);
        return new Address(bytes);
    }
}
