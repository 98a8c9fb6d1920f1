using System.CommandLine;
using Ncn.Cli.Network;
using Ncn.Cli.Using.Audits;
using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.Protocol;

namespace Ncn.Cli.Using;

/// <summary><c>chat</c>: one question, the answer as it is made, and what it cost.</summary>
internal static class ChatCommand
{
    public const string DefaultModel = "tiny-chat";

    public static Command Create()
    {
        var state = NetworkOptions.State();
        var words = new Argument<string[]>("question") { Description = "What to ask.", Arity = ArgumentArity.OneOrMore };
        var model = new Option<string>("--model") { Description = "The model to ask.", DefaultValueFactory = _ => DefaultModel };
        var queued = new Option<bool>("--queued") { Description = "Put it into the queue and wait, instead of streaming." };
        var isSealed = new Option<bool>("--sealed") { Description = "Encrypt question and answer between this program and the node, so that the gateway cannot read them." };
        var node = new Option<string?>("--node") { Description = "With --sealed: the address of the one node that may read the question; else any with the subnet's stake on the chain." };
        var receipt = new Option<string?>("--receipt") { Description = "A file to write the node's signed receipt to, for ./ncn audit." };
        var command = new Command("chat", "Ask a chat model and pay for the answer.") { words, model, queued, isSealed, node, receipt, state };
        command.Validators.Add(result =>
        {
            if (result.GetValue(queued) && result.GetValue(isSealed))
            {
                result.AddError("--sealed and --queued exclude each other: any node pulls from the queue, and a sealed question is for one.");
            }

            if (result.GetValue(node) is { } text && (!result.GetValue(isSealed) || !Address.TryParse(text, out _)))
            {
                result.AddError("--node takes an address (0x and 40 hex digits) and goes with --sealed.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            using var wallet = new ClientWallet(folder, SpendingLimits.Local);
            var request = ChatRequest.Ask(parsed.GetValue(model)!, string.Join(' ', parsed.GetValue(words)!));
            var gateway = await RunningNetwork.GatewayOfAsync(folder, request.Model, cancellation);
            var network = parsed.GetValue(isSealed) ? await SealedChats.StreamAsync(wallet, gateway, request, NodeOf(parsed.GetValue(node)), cancellation)
                : parsed.GetValue(queued) ? await WaitAsync(wallet.For(gateway), request, cancellation)
                : await StreamAsync(wallet.For(gateway), request, cancellation);
            await Console.Error.WriteLineAsync(Summary(network, wallet));
            if (parsed.GetValue(receipt) is { } file && network is not null)
            {
                ReceiptFile.Write(file, network.Receipt);
            }

            return 0;
        });
        return command;
    }

    /// <summary>What it cost and whether the receipt holds, in one line.</summary>
    public static string Summary(NcnMember? network, ClientWallet wallet)
    {
        if (network is null)
        {
            return "The answer came without a receipt.";
        }

        var problem = ReceiptCheck.Problem(network, wallet.NetworkDomain, []);
        return problem is null
            ? $"{Dollars.Of(network.Cost)}, receipt of node {network.Node} verified"
            : throw new CliException($"The receipt does not hold: {problem}.");
    }

    private static Address? NodeOf(string? text) => text is null ? null : Address.Parse(text);

    private static async Task<NcnMember?> StreamAsync(NcnClient client, ChatRequest request, CancellationToken cancellation)
    {
        NcnMember? network = null;
        await foreach (var piece in client.StreamChatAsync(request, cancellationToken: cancellation))
        {
            Console.Write(piece.Text);
            network = piece.Network ?? network;
        }

        Console.WriteLine();
        return network;
    }

    private static async Task<NcnMember?> WaitAsync(NcnClient client, ChatRequest request, CancellationToken cancellation)
    {
        var queued = await client.EnqueueChatAsync(request, cancellationToken: cancellation);
        await Console.Error.WriteLineAsync($"request {queued.Id} is {queued.Status}");
        var answer = await client.WaitForChatAsync(queued.Id, cancellation);
        Console.WriteLine(answer.Content);
        return answer.Network;
    }
}
