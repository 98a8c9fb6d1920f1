using System.Text.Json.Nodes;

namespace Ncn.Tests.Models;

/// <summary>
/// A byte-level BPE tokenizer: 256 bytes, then made-up merges of letters, then four special tokens. Every text can be encoded,
/// and most random tokens are a few letters, some of them part of a longer UTF-8 character.
/// </summary>
internal static class TokenizerFiles
{
    private const string ChatTemplate =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private static readonly string[] Specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|reserved|>"];

    public static void Write(string folder, int vocabulary, int context)
    {
        (string Left, string Right)[] merges = [.. Merges().Take(vocabulary - 256 - Specials.Length)];
        string[] tokens = [.. Alphabet(), .. merges.Select(pair => pair.Left + pair.Right)];
        Save(folder, "tokenizer.json", Tokenizer(tokens, merges));
        Save(folder, "tokenizer_config.json", Settings(tokens.Length, context));
        Save(folder, "special_tokens_map.json", Names());
    }

    /// <summary>The printable stand-in for each byte, in the order of GPT-2's table: printable bytes stand for themselves.</summary>
    private static string[] Alphabet()
    {
        int next = 256;
        return Enumerable.Range(0, 256).Select(value => (char)(IsPrintable(value) ? value : next++)).Select(symbol => symbol.ToString()).ToArray();
    }

    private static bool IsPrintable(int value) => value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;

    /// <summary>A space before a letter, two letters, three letters.</summary>
    private static IEnumerable<(string Left, string Right)> Merges()
    {
        string[] letters = [.. "etaoinshrdlcumwfgypbvkjxqz".Select(letter => letter.ToString())];
        var pairs = letters.SelectMany(left => letters.Select(right => (left, right))).ToArray();
        return letters.Select(letter => ("Ġ", letter)).Concat(pairs)
            .Concat(pairs.SelectMany(pair => letters.Select(letter => (pair.left + pair.right, letter))));
    }

    private static JsonObject Tokenizer(string[] tokens, (string Left, string Right)[] merges)
    {
        var vocabulary = new JsonObject();
        for (int id = 0; id < tokens.Length; id++)
        {
            vocabulary[tokens[id]] = id;
        }

        var added = Specials.Select((name, index) => Added(name, tokens.Length + index));
        return new JsonObject
        {
            ["version"] = "1.0", ["truncation"] = null, ["padding"] = null, ["added_tokens"] = new JsonArray([.. added]),
            ["normalizer"] = null, ["pre_tokenizer"] = ByteLevel(), ["post_processor"] = null, ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = "", ["fuse_unk"] = false, ["byte_fallback"] = false, ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(pair => (JsonNode)$"{pair.Left} {pair.Right}")]),
            },
        };
    }

    private static JsonObject Settings(int firstSpecial, int context)
    {
        var added = new JsonObject();
        for (int index = 0; index < Specials.Length; index++)
        {
            JsonObject entry = Added(Specials[index], null);
            added[(firstSpecial + index).ToString(System.Globalization.CultureInfo.InvariantCulture)] = entry;
        }

        JsonObject settings = Names();
        settings["add_bos_token"] = false;
        settings["add_prefix_space"] = false;
        settings["added_tokens_decoder"] = added;
        settings["chat_template"] = ChatTemplate;
        settings["clean_up_tokenization_spaces"] = false;
        settings["errors"] = "replace";
        settings["model_max_length"] = context;
        settings["split_special_tokens"] = false;
        settings["tokenizer_class"] = "GPT2Tokenizer";
        settings["unk_token"] = null;
        return settings;
    }

    private static JsonObject Names() => new()
    {
        ["bos_token"] = Specials[0], ["eos_token"] = Specials[2], ["pad_token"] = Specials[0],
        ["additional_special_tokens"] = new JsonArray(Specials[1], Specials[2]),
    };

    private static JsonObject Added(string name, int? id)
    {
        var entry = new JsonObject
        {
            ["content"] = name, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
        };
        if (id is not null)
        {
            entry["id"] = id;
        }

        return entry;
    }

    private static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = true };

    private static void Save(string folder, string name, JsonObject content) =>
        File.WriteAllText(Path.Combine(folder, name), content.ToJsonString(ModelFolder.Indented) + "\n");
}
