using Ncn.Protocol;

namespace Ncn.Cli.Provisioning;

/// <summary>What everybody starts with on a local chain: test dollars of 6 decimals, and coin for gas.</summary>
internal static class LocalMoney
{
    /// <summary>The first well-known key of anvil, which the whole world knows: it deploys, mints test dollars and hands out test coin.</summary>
    public const string FaucetKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    /// <summary>1,000 test dollars for the client, and as much for the gateway, which pays nodes before clients' money arrives.</summary>
    public static readonly TokenAmount Grant = new(1_000_000_000);

    /// <summary>50 test dollars in the client's channel.</summary>
    public static readonly TokenAmount ChannelDeposit = new(50_000_000);

    /// <summary>100 test dollars in each subnet that a gateway sells in.</summary>
    public static readonly TokenAmount GatewayStake = new(100_000_000);

    /// <summary>10 test dollars in each subnet that a node works in.</summary>
    public static readonly TokenAmount NodeStake = new(10_000_000);

    /// <summary>100 test dollars in each subnet that a validator watches.</summary>
    public static readonly TokenAmount ValidatorStake = new(100_000_000);

    /// <summary>Below this an account gets coin: one hundredth, in wei.</summary>
    public static readonly UInt128 LowCoin = 10_000_000_000_000_000;

    /// <summary>10 coins, in wei.</summary>
    public static readonly UInt128 CoinGrant = 10_000_000_000_000_000_000;
}
