using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntimeGenAI;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Generation;

[Collection(ShippedModelsGroup.Name)]
public sealed class TokenizerSessionTests : IDisposable
{
    private const string ToolTemplate =
        "{% if tools %}TOOLS {{ tools | tojson }}\n{% endif %}{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}"
        + "{% if message['tool_calls'] %} CALLS {{ message['tool_calls'][0]['function']['name'] }}{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

    private const string Tools = """[{"type":"function","function":{"name":"weather","description":"Tells it","parameters":{"type":"object"}}}]""";
    private const string Question = """[{"role":"user","content":"Rain?"}]""";

    private const string Called =
        """
        [{"role":"user","content":[{"type":"text","text":"Ra"},{"type":"text","text":"in?"}]},
         {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"weather","arguments":"{}"}}]},
         {"role":"tool","tool_call_id":"1","content":"wet"}]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ncn-tokenizer-").FullName;
    private readonly List<IDisposable> _open = [];

    [Fact]
    public void Tokens_decode_to_what_the_models_own_tokenizer_makes_of_them()
    {
        TokenizerSession session = Open(null);
        using var native = new Tokenizer((Model)_open[0]);
        int compared = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            // The native side loses what follows a NUL, or bytes that form no character: those runs are compared elsewhere, with the bytes.
            int[] tokens = RandomTokens(seed)[..Math.Min(seed % 8, RandomTokens(seed).Length)];
            string text = session.Decode(tokens);
            if (text.Length > 0 && !text.Contains('\uFFFD') && !text.Contains('\0'))
            {
                compared++;
                Assert.Equal(native.Decode(tokens), text);
            }
        }

        Assert.True(compared > 200, $"{compared} runs were compared");
        Assert.Equal(" which", Encoding.UTF8.GetString(session.Vocabulary.Bytes(1018).Span));
        Assert.Equal("<|im_end|>", Encoding.UTF8.GetString(session.Vocabulary.Bytes(1022).Span));
        Assert.True(session.Vocabulary.IsSpecial(1022));
    }

    [Fact]
    public void Bytes_that_are_no_text_do_not_swallow_what_follows()
    {
        TokenizerSession session = Open(null);
        int broken = Enumerable.Range(0, 1020).Single(token => session.Vocabulary.Bytes(token).Span.SequenceEqual(new byte[] { 0xF5 }));
        Assert.Equal("\uFFFD which", session.Decode(new[] { broken, 1018 }));
        int nul = Enumerable.Range(0, 1020).Single(token => session.Vocabulary.Bytes(token).Span.SequenceEqual(new byte[] { 0 }));
        Assert.Equal("\0 which", session.Decode(new[] { nul, 1018 }));
    }

    [Fact]
    public void Parts_of_a_character_keep_their_bytes()
    {
        TokenizerSession session = Open(null);
        int[] tokens = session.Encode("漢😀");
        Assert.True(tokens.Length > 2);
        Assert.Equal(Encoding.UTF8.GetBytes("漢😀"), tokens.SelectMany(token => session.Vocabulary.Bytes(token).ToArray()));
    }

    [Fact]
    public void Pieces_of_random_tokens_add_up_to_what_the_tokenizer_decodes()
    {
        TokenizerSession session = Open(null);
        for (int seed = 0; seed < 100; seed++)
        {
            int[] tokens = RandomTokens(seed);
            var text = new IncrementalText(session.Decode);
            Assert.Equal(session.Decode(tokens), string.Concat(tokens.Select(text.Push)) + text.Flush());
        }
    }

    [Fact]
    public void Tools_and_calls_reach_a_template_that_knows_them()
    {
        TokenizerSession session = Open(ToolTemplate);
        string text = session.ApplyTemplate(ChatPrompt.Parse(Called, Tools));
        Assert.StartsWith("TOOLS", text, StringComparison.Ordinal);
        Assert.Contains("weather", text, StringComparison.Ordinal);
        Assert.Contains("user: Rain?\nassistant:  CALLS weather\ntool: wet\nassistant:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tools_and_calls_are_refused_by_a_template_that_would_leave_them_out()
    {
        TokenizerSession session = Open(null);
        Assert.Contains("no tools", Refusal(() => session.ApplyTemplate(ChatPrompt.Parse(Question, Tools))), StringComparison.Ordinal);
        Assert.Contains("tool_calls", Refusal(() => session.ApplyTemplate(ChatPrompt.Parse(Called, ""))), StringComparison.Ordinal);
        Assert.Contains("Rain?", session.ApplyTemplate(ChatPrompt.Parse(Question, "")), StringComparison.Ordinal);
    }

    [Fact]
    public void Tools_are_told_as_text_where_a_schema_holds_the_answer_to_its_form()
    {
        TokenizerSession session = Open(null);
        string text = session.ApplyTemplate(ChatPrompt.Parse(Question, Tools), isHeldToForm: true);
        Assert.Contains("You can call these functions", text, StringComparison.Ordinal);
        Assert.Contains("weather", text, StringComparison.Ordinal);
        Assert.Contains("Rain?", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_nul_is_refused_and_the_text_of_its_escape_is_not()
    {
        TokenizerSession session = Open(null);
        Assert.Contains("NUL", Refusal(() => session.ApplyTemplate(ChatPrompt.Parse("""[{"role":"user","content":"a\u0000b"}]""", ""))), StringComparison.Ordinal);
        Assert.Contains("a\\u0000b", session.ApplyTemplate(ChatPrompt.Parse("""[{"role":"user","content":"a\\u0000b"}]""", "")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "", "1 to")]
    [InlineData("{}", "", "array")]
    [InlineData("[1]", "", "object")]
    [InlineData("""[{"content":"x"}]""", "", "role")]
    [InlineData("""[{"role":"user"}]""", "", "content")]
    [InlineData("""[{"role":"user","content":7}]""", "", "content")]
    [InlineData("""[{"role":"user","content":[{"type":"image_url"}]}]""", "", "text parts")]
    [InlineData("""[{"role":"user","role":"user","content":"x"}]""", "", "no JSON")]
    [InlineData("""[{"role":"user","content":"\ud800"}]""", "", "surrogate")]
    [InlineData(Question, "{}", "tools")]
    [InlineData(Question, "[1]", "tools")]
    [InlineData(Question, "[", "tools")]
    public void Malformed_conversations_are_refused(string messages, string tools, string words) =>
        Assert.Contains(words, Refusal(() => ChatPrompt.Parse(messages, tools)), StringComparison.Ordinal);

    [Fact]
    public void Without_a_tokenizer_file_tokens_are_what_they_decode_to()
    {
        TokenizerSession session = Open(null, keepFile: false);
        Assert.Equal(" which", Encoding.UTF8.GetString(session.Vocabulary.Bytes(1018).Span));
        Assert.True(session.Vocabulary.Bytes(1022).IsEmpty);
    }

    public void Dispose()
    {
        _open.Reverse();
        _open.ForEach(open => open.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private static int[] RandomTokens(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(3) == 0 ? random.Next(1020) : random.Next(94, 260))]; // bytes above 127 are among the first 256
    }

    private static string Refusal(Func<object> act) => Assert.Throws<InferenceException>(act).Message;

    private TokenizerSession Open(string? template, bool keepFile = true)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(ShippedModels.Root, "tiny-chat", "1")))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        if (template is not null)
        {
            string path = Path.Combine(_folder, "tokenizer_config.json");
            JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
            config["chat_template"] = template;
            File.WriteAllText(path, config.ToJsonString());
        }

        var model = new Model(_folder);
        _open.Add(model);
        string folder = keepFile ? _folder : Path.Combine(_folder, "none");
        var session = new TokenizerSession(model, folder, 1024);
        _open.Add(session);
        return session;
    }
}
