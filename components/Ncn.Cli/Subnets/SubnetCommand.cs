using System.CommandLine;
using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Cli.Subnets;

/// <summary><c>subnet …</c>: the subnets on the chain, for everybody to look at and for their owners to change.</summary>
internal static class SubnetCommand
{
    public static Command Create() => new("subnet", "Look at the subnets on the chain, make one, change one's own.")
    {
        ListCommand.Create(),
        ShowCommand.Create(),
        CreateCommand.Create(),
        SetCommand.Create(),
        PublishCommand.Create(),
        Simple("cancel", "The owner takes proposed parameters back.", static (session, subnet) => session.Owner.CancelParametersCall(subnet)),
        Transfer(),
        Simple("accept", "The named successor becomes the owner.", static (session, subnet) => session.Owner.AcceptCall(subnet)),
        Announce(),
        Simple("withdraw", "Take one's own discovery address off the chain.", static (session, subnet) => session.Directory.RemoveCall(subnet, session.RequireSender())),
    };

    /// <summary>The number of a subnet on the command line.</summary>
    public static Argument<uint> Id() => new("subnet") { Description = "The subnet's number; `subnet list` has them." };

    private static Command Transfer()
    {
        var successor = new Argument<string>("address") { Description = "Who may become the owner by `subnet accept`; the zero address takes it back." };
        return Simple("transfer", "The owner names its successor.", (session, subnet, parsed) => Address.TryParse(parsed.GetValue(successor), out var owner)
            ? session.Owner.TransferCall(subnet, owner)
            : throw new CliException($"'{parsed.GetValue(successor)}' is no address; write 0x and 40 hex digits."), successor);
    }

    private static Command Announce()
    {
        var url = new Argument<string>("url") { Description = "Where other operators ask for peers: the public address of this operator's discovery, https." };
        return Simple("announce", "Say on the chain where other operators can ask for the rest of the network.", (session, subnet, parsed) =>
            Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.AbsoluteUri.Length <= 256
                ? session.Directory.AnnounceCall(subnet, address)
                : throw new CliException($"'{parsed.GetValue(url)}' is no http or https address of at most 256 characters."), url);
    }

    private static Command Simple(string name, string description, Func<SubnetSession, SubnetId, TransactionCall> call) =>
        Simple(name, description, (session, subnet, _) => call(session, subnet));

    private static Command Simple(string name, string description, Func<SubnetSession, SubnetId, ParseResult, TransactionCall> call, params Argument[] arguments)
    {
        var (id, target) = (Id(), new SubnetTarget());
        var command = new Command(name, description) { id };
        foreach (var argument in arguments)
        {
            command.Add(argument);
        }

        target.AddTo(command, sends: true);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = await target.OpenAsync(parsed, sends: true);
            var subnet = await session.ReadAsync(parsed.GetValue(id));
            await session.SendAsync(call(session, subnet.Id, parsed), cancellation);
            return 0;
        });
        return command;
    }
}
