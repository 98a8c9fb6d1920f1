using System.CommandLine;
using System.Globalization;
using Ncn.Cli.Network;
using Ncn.Client;

namespace Ncn.Cli.Using;

/// <summary><c>classify</c>: names the handwritten digit in PNG images.</summary>
internal static class ClassifyCommand
{
    public static Command Create()
    {
        var state = NetworkOptions.State();
        var files = new Argument<string[]>("image") { Description = "8 x 8 grey PNG images.", Arity = ArgumentArity.OneOrMore };
        var model = new Option<string>("--model") { Description = "The model to ask.", DefaultValueFactory = _ => DigitImages.Model };
        var command = new Command("classify", "Name the handwritten digit in an image and pay for the answer.") { files, model, state };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            using var wallet = new ClientWallet(folder, SpendingLimits.Local);
            var client = wallet.For(await RunningNetwork.GatewayOfAsync(folder, parsed.GetValue(model)!, cancellation));
            foreach (var path in parsed.GetValue(files)!)
            {
                await ClassifyAsync(client, wallet, parsed.GetValue(model)!, path, cancellation);
            }

            return 0;
        });
        return command;
    }

    private static async Task ClassifyAsync(NcnClient client, ClientWallet wallet, string model, string path, CancellationToken cancellation)
    {
        var image = DigitImages.Read(path);
        var answer = await client.InferAsync(model, DigitImages.Request(image), cancellationToken: cancellation);
        var (digit, probability) = DigitImages.Best(answer);
        Console.WriteLine(string.Join('\n', DigitImages.Draw(image)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}: {digit} ({probability:P1})"));
        await Console.Error.WriteLineAsync(ChatCommand.Summary(answer.Network, wallet));
    }
}
