using Ncn.Protocol;

namespace Ncn.Client.Tests;

internal static class Receipts
{
    public static readonly Signer Node = Key(7);

    public static readonly Eip712Domain Domain = Eip712Domain.Network(412346, Address.Parse("0x00000000000000000000000000000000000000ab"));

    public static Signed<Receipt> Signed { get; } = Node.Sign(
        new Receipt(default, 0, Node.Address, default, default, default, default, 1, 3, 4, new TokenAmount(5), default, new TokenAmount(9), default, 10, 11), Domain);

    public static Signer Key(byte seed) => new(Enumerable.Repeat(seed, 32).ToArray());
}
