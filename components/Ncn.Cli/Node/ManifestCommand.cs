using System.CommandLine;
using Ncn.Protocol;

namespace Ncn.Cli.Node;

/// <summary><c>node manifest</c>: every member of a model's manifest as an option.</summary>
internal static class ManifestCommand
{
    private static readonly Argument<string> Folder = new("folder")
    {
        Description = "A model's folder, NAME/VERSION: an ONNX Runtime GenAI export, one with a model.onnx, or, with --pooling, an embedding model.",
    };

    private static readonly Option<string> PerRequest = Price("--per-request", "Price of every request, atomic units (1 USDC = 1,000,000).");
    private static readonly Option<string> PerPromptToken = Price("--per-prompt-token", "Decoders and embedding models: price of a prompt token.");
    private static readonly Option<string> PerCompletionToken = Price("--per-completion-token", "Decoders: price of a delivered token.");
    private static readonly Option<string> PerInputRow = Price("--per-input-row", "Tensor models: price of a row.");

    private static readonly Option<int> MaxBatch = new("--max-batch") { Description = "Most rows, or texts, in one request.", DefaultValueFactory = static _ => 64 };
    private static readonly Option<int> MaxInputBytes = new("--max-input-bytes") { Description = "Largest input of one request.", DefaultValueFactory = static _ => 1024 * 1024 };
    private static readonly Option<int?> ContextTokens = Number("--context-tokens", "Decoders and embedding models: longest sequence; what the model allows when left out.");
    private static readonly Option<int?> MaxCompletionTokens = Number("--max-completion-tokens", "Decoders: longest completion.");
    private static readonly Option<int?> MaxSeconds = Number("--max-seconds", "Longest run of one request.");

    private static readonly Option<int?> Slots = Number("--slots", "Decoders: rows that are decoded at once, 1 to 256.");
    private static readonly Option<int?> MaxRows = Number("--max-rows", "Tensor and embedding models: rows that are merged into one run.");
    private static readonly Option<int?> MaxDelay = Number("--max-delay-microseconds", "Tensor and embedding models: how long a request waits for others, 0 to 100000.");
    private static readonly Option<int?> MaxQueued = Number("--max-queued", "Requests that wait for their turn, 0 to 65536.");

    private static readonly Option<string?> Pooling = new("--pooling") { Description = "Makes it an embedding model: mean, last, or none when the model pools itself." };
    private static readonly Option<int?> Width = Number("--width", "Embedding models: numbers in a vector.");
    private static readonly Option<bool> Unnormalized = new("--unnormalized") { Description = "Embedding models: do not scale vectors to length 1." };

    private static readonly Option<string?> Quantization = new("--quantization") { Description = "How the weights are stored, such as fp32, int8 or int4." };
    private static readonly Option<bool> RetainsNothing = new("--retains-nothing") { Description = "Promise that nothing of prompt and answer is kept beyond the request." };
    private static readonly Option<uint?> FirstToken = new("--promised-first-token-milliseconds") { Description = "What the node promises; a request that waits longer pays less." };
    private static readonly Option<uint?> TokenRate = new("--promised-tokens-per-second") { Description = "Decoders: what the node promises for one stream." };

    public static Command Create()
    {
        var command = new Command("manifest", "Write ncn-model.json, by which a worker checks and offers the model.")
        {
            Folder, PerRequest, PerPromptToken, PerCompletionToken, PerInputRow, MaxBatch, MaxInputBytes, ContextTokens, MaxCompletionTokens, MaxSeconds,
            Slots, MaxRows, MaxDelay, MaxQueued, Pooling, Width, Unnormalized, Quantization, RetainsNothing, FirstToken, TokenRate,
        };
        Pooling.AcceptOnlyFromAmong("mean", "last", "none");
        command.SetAction(static parsed =>
        {
            var path = ManifestWriter.Write(parsed.GetValue(Folder)!, PriceOf(parsed), LimitsOf(parsed), BatchingOf(parsed), EmbeddingOf(parsed), OfferOf(parsed));
            Console.WriteLine($"{path} is written. Put the folder under the worker's model directory; the worker loads it when it starts, or when its operator says so (POST /v2/repository/models/NAME/load).");
            return 0;
        });
        return command;
    }

    private static ModelPrice PriceOf(ParseResult parsed) => new(
        Amount(parsed.GetValue(PerRequest)!), Amount(parsed.GetValue(PerPromptToken)!), Amount(parsed.GetValue(PerCompletionToken)!), Amount(parsed.GetValue(PerInputRow)!));

    private static ManifestLimits LimitsOf(ParseResult parsed) => new(parsed.GetValue(MaxBatch), parsed.GetValue(MaxInputBytes))
    {
        ContextTokens = parsed.GetValue(ContextTokens),
        MaxCompletionTokens = parsed.GetValue(MaxCompletionTokens),
        MaxSeconds = parsed.GetValue(MaxSeconds),
    };

    private static ManifestBatching? BatchingOf(ParseResult parsed)
    {
        var batching = new ManifestBatching(parsed.GetValue(Slots), parsed.GetValue(MaxRows), parsed.GetValue(MaxDelay), parsed.GetValue(MaxQueued));
        return batching == new ManifestBatching(null, null, null, null) ? null : batching;
    }

    private static ManifestEmbedding? EmbeddingOf(ParseResult parsed) => parsed.GetValue(Pooling) is not { } pooling ? null : new ManifestEmbedding(
        pooling, !parsed.GetValue(Unnormalized), parsed.GetValue(Width) ?? throw new CliException("An embedding model needs --width, the numbers in one of its vectors."));

    private static ManifestOffer OfferOf(ParseResult parsed) => new(
        parsed.GetValue(Quantization),
        parsed.GetValue(RetainsNothing) ? ModelOffer.RetainsNothing : null,
        (parsed.GetValue(FirstToken), parsed.GetValue(TokenRate)) is (null, null)
            ? null
            : new ServiceLevel(parsed.GetValue(FirstToken) ?? 0, parsed.GetValue(TokenRate) ?? 0));

    private static Option<string> Price(string name, string description) =>
        new(name) { Description = description, DefaultValueFactory = static _ => "0" };

    private static Option<int?> Number(string name, string description) => new(name) { Description = description };

    private static TokenAmount Amount(string text) => TokenAmount.TryParse(text, out var amount)
        ? amount
        : throw new CliException($"'{text}' is no price; write a whole number of atomic units.");
}
