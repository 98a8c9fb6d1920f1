using Ncn.Payments.Channels;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Settlement;

/// <summary>Channels that owe something.</summary>
internal static class Candidates
{
    internal static readonly Address Receiver = AddressOf(200);
    internal static readonly Address Token = AddressOf(201);

    internal static ClaimCandidate Of(
        int number, uint unclaimed, ulong since, uint withdrawing = 0, ulong balance = 1_000_000_000, byte salt = 0, UInt128? max = null) => new(
            new ChannelId(Word(number)), new ChannelConfig(AddressOf(number), AddressOf(number), Receiver, Receiver, Token, 900, Word(salt)),
            new(max ?? unclaimed), new(unclaimed), TokenAmount.Zero, since, new ChannelFunds(new(balance), new(withdrawing)));

    internal static ClaimCandidate Random(Random random, int number, ulong now)
    {
        var unclaimed = (uint)random.Next(0, 1_000);
        var candidate = Of(
            number, unclaimed, now - (ulong)random.Next(0, 2_500), random.Next(8) == 0 ? 1u : 0u, unclaimed + (ulong)random.Next(1, 5_000),
            (byte)random.Next(0, 4), random.Next(6) == 0 ? (UInt128)ulong.MaxValue + 1 : null);
        var claimed = new TokenAmount((ulong)random.Next(0, 100));
        var config = candidate.Config with { PayerAuthorizer = random.Next(3) switch { 0 => Address.Zero, 1 => candidate.Config.Payer, _ => AddressOf(199) } };
        return candidate with
        {
            Config = config,
            Claimed = claimed,
            Target = candidate.Target + claimed,
            VoucherMax = candidate.VoucherMax + claimed,
            Funds = candidate.Funds with { Balance = candidate.Funds.Balance + claimed },
        };
    }

    internal static int Number(ClaimCandidate candidate) => candidate.Channel.Value.ToArray()[31];

    private static Hash32 Word(int number)
    {
        var bytes = new byte[32];
        bytes[31] = (byte)number;
        return new Hash32(bytes);
    }

    private static Address AddressOf(int number)
    {
        var bytes = new byte[20];
        bytes[19] = (byte)number;
        return new Address(bytes);
    }
}
