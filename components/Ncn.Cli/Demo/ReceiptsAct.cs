using Ncn.Cli.Using;
using Ncn.Client;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>The client checks every receipt by itself: the node's signature, the request, the model's digest.</summary>
internal static class ReceiptsAct
{
    public static void Play(DemoSession session)
    {
        DemoSession.Title("Receipts");
        foreach (var answer in session.Answers)
        {
            if (ReceiptCheck.Problem(answer.Member, session.Wallet.NetworkDomain, answer.Digests) is { } problem)
            {
                throw new CliException($"The receipt of {answer.What} does not hold: {problem}.");
            }
        }

        AnsiConsole.MarkupLine($"[green]{session.Answers.Count} receipts verified[/] against the nodes' keys and the models' digests; together {Dollars.Of(session.Spent)}.");
    }
}
