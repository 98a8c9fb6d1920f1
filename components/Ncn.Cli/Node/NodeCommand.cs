using System.CommandLine;
using Ncn.Protocol;

namespace Ncn.Cli.Node;

/// <summary><c>node</c>: what a node operator does by hand.</summary>
internal static class NodeCommand
{
    public static Command Create() => new("node", "Prepare what a compute node serves.") { Manifest() };

    private static Command Manifest()
    {
        var folder = new Argument<string>("folder") { Description = "A model's folder, NAME/VERSION: an ONNX Runtime GenAI export, or one with a model.onnx." };
        var request = Price("--per-request", "Price of every request, atomic units (1 USDC = 1,000,000).");
        var prompt = Price("--per-prompt-token", "Decoders: price of a prompt token.");
        var completion = Price("--per-completion-token", "Decoders: price of a delivered token.");
        var row = Price("--per-input-row", "Tensor models: price of a row.");
        var batch = new Option<int>("--max-batch") { Description = "Most rows in one request.", DefaultValueFactory = static _ => 64 };
        var bytes = new Option<int>("--max-input-bytes") { Description = "Largest input of one request.", DefaultValueFactory = static _ => 1024 * 1024 };
        var command = new Command("manifest", "Write ncn-model.json, by which a worker checks and offers the model.") { folder, request, prompt, completion, row, batch, bytes };
        command.SetAction(parsed =>
        {
            var price = new ModelPrice(
                Amount(parsed.GetValue(request)!), Amount(parsed.GetValue(prompt)!), Amount(parsed.GetValue(completion)!), Amount(parsed.GetValue(row)!));
            var path = ManifestWriter.Write(parsed.GetValue(folder)!, price, parsed.GetValue(batch), parsed.GetValue(bytes));
            Console.WriteLine($"{path} is written. Put the folder under the worker's model directory and restart the worker.");
            return 0;
        });
        return command;
    }

    private static Option<string> Price(string name, string description) =>
        new(name) { Description = description, DefaultValueFactory = static _ => "0" };

    private static TokenAmount Amount(string text) => TokenAmount.TryParse(text, out var amount)
        ? amount
        : throw new CliException($"'{text}' is no price; write a whole number of atomic units.");
}
