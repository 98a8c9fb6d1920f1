using System.CommandLine;
using System.Text;
using Ncn.Chain.Registry;

namespace Ncn.Cli.Subnets;

/// <summary><c>subnet create</c>: a new subnet, owned by who signs; its parameters are in force at once.</summary>
internal static class CreateCommand
{
    private const int MaxNameBytes = 64;

    private static readonly SubnetParameters Usual = new(
        MinGatewayStake: new(100_000_000), MinNodeStake: new(10_000_000), MinValidatorStake: new(100_000_000),
        UnbondingDelay: 14 * 86_400, EpochLength: 3_600, VerificationFloor: 500, Policy: default);

    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "1 to 64 bytes; it never changes." };
        var (parameters, target) = (new ParameterOptions(), new SubnetTarget());
        var command = new Command("create", "Make a subnet. Parameters that are not given: $100, $10 and $100 of stake, 14 days, 1 hour, 5 %, no policy.") { name };
        parameters.AddTo(command);
        target.AddTo(command, sends: true);
        command.SetAction(async (parsed, cancellation) =>
        {
            var given = parsed.GetValue(name)!;
            if (Encoding.UTF8.GetByteCount(given) is 0 or > MaxNameBytes)
            {
                throw new CliException($"The name '{given}' has no bytes or more than {MaxNameBytes}.");
            }

            using var session = await target.OpenAsync(parsed, sends: true);
            await session.SendAsync(session.Owner.CreateCall(given, session.Chain.Settings.Token, parameters.Read(parsed, Usual)), cancellation);
            if (session.Broadcast)
            {
                Console.WriteLine($"there are {await session.Registry.ReadSubnetCountAsync()} subnets now");
            }

            return 0;
        });
        return command;
    }
}
