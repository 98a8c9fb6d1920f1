using System.Buffers.Binary;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Client.Tests.Cli;

/// <summary>Two rewards under one root, in the form of IRewards: leaves hashed twice, pairs sorted.</summary>
internal sealed record RewardTree(uint Subnet, Address Token, (Address Account, TokenAmount Amount) First, (Address Account, TokenAmount Amount) Second)
{
    public Hash32 Root => First.Account == Second.Account ? Leaf(First) : Pair(Leaf(First), Leaf(Second));

    public TokenAmount AmountOf(Address account) => account == First.Account ? First.Amount : Second.Amount;

    public Hash32 ProofOf(Address account) => Leaf(account == First.Account ? Second : First);

    private Hash32 Leaf((Address Account, TokenAmount Amount) reward)
    {
        var words = new byte[5 * 32];
        words[31] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(words.AsSpan(60), Subnet);
        Convert.FromHexString(Token.ToString()[2..]).CopyTo(words, 76);
        Convert.FromHexString(reward.Account.ToString()[2..]).CopyTo(words, 108);
        BinaryPrimitives.WriteUInt128BigEndian(words.AsSpan(144), reward.Amount.Units);
        return Keccak256.Of(Keccak256.Hash(words));
    }

    private static Hash32 Pair(Hash32 left, Hash32 right) => Keccak256.Of((byte[])(left.CompareTo(right) < 0
        ? [.. left.ToArray(), .. right.ToArray()]
        : [.. right.ToArray(), .. left.ToArray()]));
}
