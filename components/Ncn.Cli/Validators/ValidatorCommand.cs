using System.CommandLine;
using Ncn.Chain.Registry;
using Ncn.Cli.Staking;

namespace Ncn.Cli.Validators;

/// <summary><c>validator …</c>: what the operator of validators does by hand.</summary>
internal static class ValidatorCommand
{
    public static Command Create() => new("validator", "Look at the validators, take their rewards and stake out, replace a key that they vote with.")
    {
        LedgerCommand.Create(),
        RewardsCommand.Create(SubnetRole.Validator),
        StakeWithdrawCommand.Create(SubnetRole.Validator),
        ReplaceKeyCommand.Create(),
    };
}
