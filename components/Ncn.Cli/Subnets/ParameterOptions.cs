using System.CommandLine;
using Ncn.Chain.Registry;
using Ncn.Cli.Using;
using Ncn.Protocol;

namespace Ncn.Cli.Subnets;

/// <summary>What the owner of a subnet decides, as options. What is not given stays as it is.</summary>
internal sealed class ParameterOptions
{
    private const ulong SecondsOfDay = 86_400;
    private readonly Option<string?> gatewayStake = new("--min-gateway-stake") { Description = "Dollars that a gateway must have staked." };
    private readonly Option<string?> nodeStake = new("--min-node-stake") { Description = "Dollars that a compute node must have staked." };
    private readonly Option<string?> validatorStake = new("--min-validator-stake") { Description = "Dollars that a validator must have staked." };
    private readonly Option<ulong?> unbondingDays = new("--unbonding-days") { Description = "Days from unbonding to withdrawal, 14 to 90." };
    private readonly Option<ulong?> epochSeconds = new("--epoch-seconds") { Description = "Seconds between two snapshots of the validators, 600 to 2592000." };
    private readonly Option<ushort?> verificationFloor = new("--verification-floor") { Description = "Least share of answers that validators check again, in hundredths of a percent, 100 to 10000." };
    private readonly Option<string?> policy = new("--policy") { Description = "The file with the subnet's policy document, the keccak-256 of its canonical form as 0x and 64 hex digits, or none." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { gatewayStake, nodeStake, validatorStake, unbondingDays, epochSeconds, verificationFloor, policy })
        {
            command.Add(option);
        }
    }

    /// <exception cref="CliException">An amount or the policy is malformed.</exception>
    public SubnetParameters Read(ParseResult parsed, SubnetParameters present) => present with
    {
        MinGatewayStake = Amount(parsed.GetValue(gatewayStake), present.MinGatewayStake),
        MinNodeStake = Amount(parsed.GetValue(nodeStake), present.MinNodeStake),
        MinValidatorStake = Amount(parsed.GetValue(validatorStake), present.MinValidatorStake),
        UnbondingDelay = parsed.GetValue(unbondingDays) is { } days ? checked(days * SecondsOfDay) : present.UnbondingDelay,
        EpochLength = parsed.GetValue(epochSeconds) ?? present.EpochLength,
        VerificationFloor = parsed.GetValue(verificationFloor) ?? present.VerificationFloor,
        Policy = parsed.GetValue(policy) is { } given ? PolicyOf(given) : present.Policy,
    };

    private static TokenAmount Amount(string? dollars, TokenAmount present) => dollars is null ? present : Dollars.RequireOrZero(dollars);

    private static Hash32 PolicyOf(string given) =>
        given == "none" ? default
        : Hash32.TryParse(given, out var hash) ? hash
        : PolicyFile.Read(given).Hash();
}
