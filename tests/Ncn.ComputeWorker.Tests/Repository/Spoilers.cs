using System.Text;
using System.Text.Json.Nodes;

namespace Ncn.ComputeWorker.Tests.Repository;

/// <summary>One way to spoil a model.</summary>
/// <param name="Title">For the message of a failed test.</param>
/// <param name="Words">What its failure has to say; null where the model may load after all, such as with a flipped bit of a weight.</param>
/// <param name="Spoil">Does it.</param>
/// <param name="IsForDecoders">Whether it needs a decoder.</param>
internal sealed record Spoiler(string Title, string? Words, Action<HostileFolder> Spoil, bool IsForDecoders = false);

/// <summary>Damage to files, manifests and configurations.</summary>
internal static class Spoilers
{
    public static IReadOnlyList<Spoiler> All { get; } =
    [
        .. DamagedFiles(), .. GarbageWithRightDigests(), .. HostileManifests(), .. HostileConfigurations(), .. HostileGraphs.All,
    ];

    private static IEnumerable<Spoiler> DamagedFiles() =>
    [
        new("bit flips", "has the digest", folder => folder.Change(folder.SomeFile(), content => Flipped(content, folder.Random, 1 + folder.Random.Next(8)))),
        new("truncated", "has the digest", folder => folder.Change(folder.SomeFile(), content => content[..folder.Random.Next(content.Length)])),
        new("longer", "has the digest", folder => folder.Change(folder.SomeFile(), content => [.. content, 0])),
        new("missing", "is missing", folder => File.Delete(Path.Combine(folder.Path, folder.SomeFile()))),
        new("renamed", "is not named in", folder => File.Move(Path.Combine(folder.Path, folder.SomeFile()), Path.Combine(folder.Path, "other.bin"))),
        new("extra", "is not named in", folder => File.WriteAllText(Path.Combine(folder.Path, "extra.data"), "x")),
        new("a folder in a file's place", "is no regular file", folder =>
        {
            string file = Path.Combine(folder.Path, "model.onnx");
            File.Delete(file);
            Directory.CreateDirectory(file);
        }),
        new("moved", "which is not the folder's place", folder => folder.Manifest(manifest => manifest["version"] = "2")),
        new("swapped", "has the digest", folder =>
        {
            File.Copy(Path.Combine(folder.Path, "tokenizer.json"), Path.Combine(folder.Path, "genai_config.json"), overwrite: true);
        }, IsForDecoders: true),
    ];

    private static IEnumerable<Spoiler> GarbageWithRightDigests() =>
    [
        new("bit flips that are signed for", null, folder =>
        {
            folder.Change(folder.SomeFile(), content => Flipped(content, folder.Random, 1 + folder.Random.Next(64)));
            folder.MakeDigestsRight();
        }),
        new("a block of zeros that is signed for", null, folder =>
        {
            folder.Change(folder.SomeFile(), content => Zeroed(content, folder.Random));
            folder.MakeDigestsRight();
        }),
        new("a truncation that is signed for", null, folder =>
        {
            folder.Change(folder.SomeFile(), content => content[..folder.Random.Next(content.Length)]);
            folder.MakeDigestsRight();
        }),
        new("noise that is signed for", "", folder =>
        {
            folder.Change(folder.SomeFile(), content =>
            {
                folder.Random.NextBytes(content);
                return content;
            });
            folder.MakeDigestsRight();
        }),
        new("nothing that is signed for", "", folder =>
        {
            folder.Change(folder.Pick("model.onnx", folder.SomeFile()), _ => []);
            folder.MakeDigestsRight();
        }),
        new("bit flips in the graph's frame", null, folder =>
        {
            folder.Change("model.onnx", content => [.. Flipped(content[..Math.Min(200, content.Length)], folder.Random, 3), .. content.Skip(200)]);
            folder.MakeDigestsRight();
        }),
    ];

    private static IEnumerable<Spoiler> HostileManifests() =>
    [
        new("nested manifest", "cannot be read", folder => Text(folder, HostileFolder.Nested(100_000))),
        new("manifest that is null", "is null", folder => Text(folder, "null")),
        new("manifest that is a list", "cannot be read", folder => Text(folder, "[]")),
        new("manifest that is too large", "at most", folder => Text(folder, new string(' ', 2 << 20))),
        new("manifest in no known letters", "cannot be read", folder => File.WriteAllBytes(Path.Combine(folder.Path, "ncn-model.json"), [0xFF, 0xFE, 0x00, 0x80])),
        new("empty manifest", "cannot be read", folder => Text(folder, "")),
        new("no price", "price and limits are needed", folder => folder.Manifest(manifest => manifest.Remove("price"))),
        new("negative price", "cannot be read", folder => folder.Manifest(manifest => manifest["price"]!["perRequest"] = "-1")),
        new("endless price", "cannot be read", folder => folder.Manifest(manifest => manifest["price"]!["perRequest"] = new string('9', 5000))),
        new("negative limit", "maxInputBytes must be", folder => folder.Manifest(manifest => manifest["limits"]!["maxInputBytes"] = folder.Pick(-1, 0, int.MinValue, int.MaxValue))),
        new("limit beyond numbers", "cannot be read", folder => folder.Manifest(manifest => manifest["limits"]!["maxInputBytes"] = 1e300)),
        new("limit of another type", "cannot be read", folder => folder.Manifest(manifest => manifest["limits"] = folder.Pick<JsonNode>("all", true, new JsonArray(1)))),
        new("absurd slots", "batching.slots must be", folder => folder.Manifest(manifest => manifest["batching"] = new JsonObject { ["slots"] = folder.Pick(0, -1, 257, int.MaxValue) })),
        new("absurd delay", "batching.maxDelayMicroseconds must be", folder => folder.Manifest(manifest => manifest["batching"] = new JsonObject { ["maxDelayMicroseconds"] = int.MaxValue })),
        new("path out of the folder", "stay inside", folder => folder.Manifest(manifest => manifest["files"]![folder.Pick("../x", "/etc/passwd", "a/../../x", "C:\\x", "a//b", ".", "a\nb")] = manifest["files"]!["model.onnx"]!.DeepClone())),
        new("thousands of files", "files must name", folder => folder.Manifest(manifest =>
        {
            for (int i = 0; i < 2000; i++)
            {
                manifest["files"]![$"file{i}"] = manifest["files"]!["model.onnx"]!.DeepClone();
            }
        })),
        new("unknown kind", "kind must be", folder => folder.Manifest(manifest => manifest["kind"] = folder.Pick("", "virus", "Tensor"))),
        new("embedding without its members", "ncn-model.json: ", folder => folder.Manifest(manifest => manifest["kind"] = "embedding")),
        new("another kind", null, folder => folder.Manifest(manifest => manifest["kind"] = folder.IsDecoder ? "tensor" : "decoder")),
    ];

    private static IEnumerable<Spoiler> HostileConfigurations() =>
    [
        Config("absurd context", "context_length is", (folder, model) => model["context_length"] = folder.Pick<JsonNode>(long.MaxValue, -1, 0, 1.5, "many", 1e308)),
        Config("absurd layers", "num_hidden_layers is", (folder, model) => model["decoder"]!["num_hidden_layers"] = folder.Pick<JsonNode>(1_000_000_000, -7, new JsonArray())),
        Config("absurd heads", "num_key_value_heads is", (folder, model) => model["decoder"]!["num_key_value_heads"] = folder.Pick<JsonNode>(int.MaxValue, 0, false)),
        Config("absurd head size", "head_size is", (folder, model) => model["decoder"]!["head_size"] = folder.Pick<JsonNode>(1 << 30, -64)),
        Config("terabytes of cache", "its key-value cache needs at least", (folder, model) =>
        {
            (model["context_length"], model["decoder"]!["num_hidden_layers"], model["decoder"]!["num_key_value_heads"], model["decoder"]!["head_size"]) = (1 << 24, 1000, 4000, 8000);
            folder.Manifest(manifest => manifest["limits"]!["contextTokens"] = 1 << 24);
        }),
        Config("no vocabulary", "vocab_size is", (folder, model) => model["vocab_size"] = folder.Pick<JsonNode>(0, -320, int.MaxValue)),
        Config("foreign code", "loads code or writes files", (folder, model) => model["decoder"]!["session_options"]![folder.Pick("custom_ops_library", "enable_profiling")] = "/absent/evil.so"),
        Config("file out of the folder", "not among the files", (folder, model) => model["decoder"]!["filename"] = folder.Pick("../../other/1/model.onnx", "/etc/passwd", "absent.onnx")),
        Config("more layers than the graph has", "", (_, model) => model["decoder"]!["num_hidden_layers"] = 40),
        Config("inputs of other names", "", (_, model) => model["decoder"]!["inputs"]!["input_ids"] = "absent"),
        Config("unknown family", null, (_, model) => model["type"] = "unheard-of"),
        Config("end tokens beyond the vocabulary", null, (folder, model) => model["eos_token_id"] = folder.Pick<JsonNode>(int.MaxValue, -5, new JsonArray(1 << 30))),
        Decoder("nested configuration", "no usable JSON", folder => folder.Change("genai_config.json", _ => Encoding.UTF8.GetBytes(HostileFolder.Nested(100_000)))),
        Decoder("nested tokenizer", "no usable JSON", folder => folder.Change("tokenizer.json", _ => Encoding.UTF8.GetBytes($"{{\"model\":{HostileFolder.Nested(50_000)}}}"))),
        Decoder("numbers beyond numbers", "no 64-bit number", folder => folder.Change("tokenizer.json", _ => Encoding.UTF8.GetBytes("{\"model\":1e99999}"))),
        Tokenizer("no model", "", tokenizer => tokenizer.Remove("model")),
        Tokenizer("vocabulary of another type", "", tokenizer => tokenizer["model"]!["vocab"] = new JsonArray("a", 1, new JsonObject())),
        Tokenizer("negative ids", null, tokenizer => tokenizer["model"]!["vocab"] = new JsonObject { ["a"] = -1, ["b"] = int.MinValue, ["c"] = int.MaxValue }),
        Tokenizer("merges of another type", null, tokenizer => tokenizer["model"]!["merges"] = new JsonArray(1, "a", new JsonArray(), "x y z")),
        Tokenizer("an unknown pre-tokenizer", null, tokenizer => tokenizer["pre_tokenizer"] = new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = "((((a*)*)*)*)*b(" } }),
    ];

    private static Spoiler Decoder(string title, string? words, Action<HostileFolder> spoil) => new(title, words, folder =>
    {
        spoil(folder);
        folder.MakeDigestsRight();
    }, IsForDecoders: true);

    private static Spoiler Config(string title, string? words, Action<HostileFolder, JsonObject> change) =>
        Decoder(title, words, folder => folder.ChangeJson("genai_config.json", config => change(folder, config["model"]!.AsObject())));

    private static Spoiler Tokenizer(string title, string? words, Action<JsonObject> change) =>
        Decoder(title, words, folder => folder.ChangeJson("tokenizer.json", change));

    private static void Text(HostileFolder folder, string manifest) => File.WriteAllText(Path.Combine(folder.Path, "ncn-model.json"), manifest);

    private static byte[] Flipped(byte[] content, Random random, int bits)
    {
        for (int i = 0; i < bits; i++)
        {
            content[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
        }

        return content;
    }

    private static byte[] Zeroed(byte[] content, Random random)
    {
        int start = random.Next(content.Length);
        content.AsSpan(start, Math.Min(content.Length - start, 1 + random.Next(256))).Clear();
        return content;
    }
}
