using System.CommandLine;

namespace Ncn.Cli.Subnets;

/// <summary><c>subnet set</c>: the owner proposes parameters, which are in force three days later.</summary>
internal static class SetCommand
{
    public static Command Create()
    {
        var (id, parameters, target) = (SubnetCommand.Id(), new ParameterOptions(), new SubnetTarget());
        var command = new Command("set", "The owner proposes parameters, in force three days later; what is not given stays as it is.") { id };
        parameters.AddTo(command);
        target.AddTo(command, sends: true);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = await target.OpenAsync(parsed, sends: true);
            var subnet = await session.ReadAsync(parsed.GetValue(id));
            var present = (await session.Owner.ReadPendingParametersAsync(subnet.Id))?.Parameters ?? subnet.Parameters;
            var wanted = parameters.Read(parsed, present);
            if (wanted == present)
            {
                throw new CliException($"Subnet {subnet.Id} has or awaits just these parameters; nothing was sent. Give what is to change, for example --min-node-stake 20.");
            }

            if (session.Broadcast && session.Chain.Sender != subnet.Owner)
            {
                throw new CliException($"Subnet {subnet.Id} is owned by {subnet.Owner}, and {session.Chain.Sender} signs. Give the owner's key with --key-file. Nothing was sent.");
            }

            await session.SendAsync(session.Owner.ProposeParametersCall(subnet.Id, wanted), cancellation);
            if (!wanted.Policy.IsZero && wanted.Policy != present.Policy)
            {
                Console.WriteLine($"The policy's hash is {wanted.Policy}. The chain has nothing but that: bring the document to the subnet with `subnet publish {subnet.Id} --policy FILE`.");
            }

            return 0;
        });
        return command;
    }
}
