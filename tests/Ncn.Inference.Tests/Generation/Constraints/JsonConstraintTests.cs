using System.Text;
using Ncn.Inference.Generation.Constraints;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Tests.Generation.Constraints;

public sealed class JsonConstraintTests
{
    private static readonly JsonConstraints Constraints = new(TestVocabulary.Instance, [TestVocabulary.End]);

    [Theory]
    [InlineData("{}", "{\"any\": [1, {\"x\": null}]}", true)]
    [InlineData("{}", "[]", false)]
    [InlineData("{}", "12", false)]
    [InlineData("true", "[true, -1.5e-3, \"\\ud83d\\ude00\"]", true)]
    [InlineData("true", "\"\\ud83d\"", false)] // half a surrogate pair
    [InlineData("true", "01", false)]
    [InlineData("true", "1.", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b"],"additionalProperties":false}""", "{\"a\": 1,\n  \"b\": \"x\"}", true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b"],"additionalProperties":false}""", "{\"a\":1}", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}""", "{\"c\":1}", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"null"}}""", "{\"a\":1,\"ab\":null}", true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"null"}}""", "{\"a\":null}", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}}}""", "{\"\\u0061\":null}", false)] // "a" in another spelling
    [InlineData("""{"type":"object","properties":{"a":true}}""", "{\"a\":1,\"a\":2}", false)]
    [InlineData("""{"type":"array","items":{"type":"integer","minimum":10,"maximum":12},"minItems":1,"maxItems":2}""", "[10,12]", true)]
    [InlineData("""{"type":"array","items":{"type":"integer","minimum":10,"maximum":12}}""", "[1]", false)]
    [InlineData("""{"type":"array","items":{"type":"integer","minimum":10,"maximum":12}}""", "[13]", false)]
    [InlineData("""{"type":"array","minItems":1,"maxItems":2}""", "[]", false)]
    [InlineData("""{"type":"array","minItems":1,"maxItems":2}""", "[1,2,3]", false)]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"maximum":0.25}""", "0.25", true)]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"maximum":0.25}""", "0.0", false)]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"maximum":0.25}""", "0.26", false)]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"é😀\"", true)]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"😀\"", false)]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"abcd\"", false)]
    [InlineData("""{"enum":[1,12,"x"]}""", "12", true)]
    [InlineData("""{"enum":[1,12,"x"]}""", "123", false)]
    [InlineData("""{"type":["string","null"]}""", "null", true)]
    [InlineData("""{"anyOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},{"type":"integer"}]}""", "{\"kind\":\"a\"}", true)]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"b"}},"required":["kind"]}]}""", "{\"kind\":\"b\"}", true)]
    [InlineData("""{"$ref":"#/$defs/n","$defs":{"n":{"type":"array","items":{"$ref":"#/$defs/n"}}}}""", "[[],[[]]]", true)]
    public void A_document_is_whole_when_it_fits(string schema, string text, bool fits) => Assert.Equal(fits, IsWhole(schema, text));

    [Theory]
    [InlineData("^[A-Z]{2,3}-\\d+$", "AB-1 ABC-42", "A-1 ABCD-1 AB- ab-1 AB-1x")]
    [InlineData("b+", "b abc bbb", "a cc")] // found anywhere, as JSON Schema says
    [InlineData("^(red|gr[ea]y)$|^x", "red grey gray xyz", "green redx")]
    [InlineData("^\\S+@\\S+\\.(com|org)$", "me@here.org é@漢.com", "me@here.net @.com me.com")]
    [InlineData("^[^\"\\\\]*$", "plain é😀", "a\"b a\\b")]
    [InlineData("^a\"\\\\?$", "a\" a\"\\", "a")]
    [InlineData("^(?:a|b)*?c{0}.$", "aab", "c\nd")]
    [InlineData("^[\\u00e0-\\u4e00]$", "é ਅ", "a ü漢 \u9fff")]
    public void A_pattern_allows_what_it_matches(string pattern, string matching, string others)
    {
        string schema = $$"""{"type":"string","pattern":{{Encoding.UTF8.GetString(JsonSpelling.Of(pattern))}}}""";
        foreach (string text in matching.Split(' '))
        {
            Assert.Matches(pattern, text);
            Assert.True(IsWhole(schema, Encoding.UTF8.GetString(JsonSpelling.Of(text))), text);
        }

        foreach (string text in others.Split(' '))
        {
            Assert.DoesNotMatch(pattern, text);
            Assert.False(IsWhole(schema, Encoding.UTF8.GetString(JsonSpelling.Of(text))), text);
        }
    }

    [Theory]
    [InlineData("""{"type":"object","patternProperties":{}}""", "'patternProperties'")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "'uniqueItems'")]
    [InlineData("""{"type":"number","multipleOf":3}""", "'multipleOf'")]
    [InlineData("""{"not":{}}""", "'not'")]
    [InlineData("""{"allOf":[{},{}]}""", "'allOf'")]
    [InlineData("""{"type":"object","properties":{"deep":{"type":"string","contains":1}}}""", "#/properties/deep: the keyword 'contains'")]
    [InlineData("""{"type":"string","minimum":1}""", "'minimum' does not belong")]
    [InlineData("""{"anyOf":[{}],"type":"string"}""", "'type' cannot stand beside 'anyOf'")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "'oneOf'")]
    [InlineData("""{"oneOf":[{"minLength":3},{"type":"number"}]}""", "'oneOf'")]
    [InlineData("""{"oneOf":[{"const":1},{"const":1.0}]}""", "'oneOf'")]
    [InlineData("""{"type":"colour"}""", "'type'")]
    [InlineData("""{"$ref":"http://other/schema"}""", "'$ref'")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "not there")]
    [InlineData("""{"$ref":"#"}""", "no document")]
    [InlineData("""{"type":"object","properties":{"x":{"$ref":"#"}},"required":["x"]}""", "no document")]
    [InlineData("""{"type":"object","required":["x"],"additionalProperties":false}""", "'x', which is no property")]
    [InlineData("""{"type":"integer","minimum":0.1,"maximum":0.9}""", "no number")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "'minLength'")]
    [InlineData("""{"type":"string","minLength":-1}""", "'minLength'")]
    [InlineData("""{"type":"string","pattern":"(?=a)"}""", "'pattern' cannot be used")]
    [InlineData("""{"type":"string","pattern":"a{2000}"}""", "'pattern' cannot be used")]
    [InlineData("""{"type":"string","pattern":"(((.{900}){900}){900})"}""", "'pattern' cannot be used")]
    [InlineData("""{"type":"string","pattern":"(a|b)*a(a|b){20}"}""", "'pattern' cannot be used")]
    [InlineData("""{"type":"string","pattern":"a","maxLength":2}""", "without 'minLength'")]
    [InlineData("""{"enum":[]}""", "no value")]
    [InlineData("""{"enum":["\ud800"]}""", "no JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("{", "no JSON")]
    public void What_is_not_supported_is_refused_by_name(string schema, string words)
    {
        InferenceException problem = Assert.IsType<InferenceException>(Constraints.Problem(schema));
        Assert.Equal(InferenceFault.InvalidRequest, problem.Fault);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Schemas_that_grow_are_refused_in_time()
    {
        string doubling = string.Join(',', Enumerable.Range(0, 800).Select(i => $$"""
            "d{{i}}":{"anyOf":[{"$ref":"#/$defs/d{{i + 1}}"},{"$ref":"#/$defs/d{{i + 1}}"}]}
            """));
        Assert.Null(Constraints.Problem("""{"$ref":"#/$defs/d0","$defs":{"d800":{"type":"null"},""" + doubling + "}}"));
        Assert.Contains("longer", Constraints.Problem("\"" + new string('x', 70_000) + "\"")!.Message, StringComparison.Ordinal);
        Assert.NotNull(Constraints.Problem(string.Concat(Enumerable.Repeat("{\"items\":", 70)) + "{}" + new string('}', 70)));
    }

    [Fact]
    public void Nesting_ends_before_readers_of_json_give_up()
    {
        JsonConstraint constraint = Constraints.Start("true", []);
        int depth = 0;
        for (; constraint.Allowed.Allows('['); depth++)
        {
            constraint.Accept('[');
        }

        Assert.InRange(depth, 30, 64);
        Assert.True(constraint.Allowed.Allows(']'));
    }

    [Fact]
    public void A_callers_stop_token_is_allowed_only_where_the_document_is_whole()
    {
        int brace = '}';
        JsonConstraint constraint = Constraints.Start("""{"type":"integer"}""", [brace]);
        Assert.False(constraint.Allowed.Allows(brace));
        constraint.Accept('7');
        Assert.True(constraint.Allowed.Allows(brace));
        Assert.True(constraint.Allowed.Allows(TestVocabulary.End));
        Assert.True(constraint.Allowed.Allows('1'));
        Assert.False(constraint.IsClosed);
    }

    [Fact]
    public void A_closed_document_leaves_nothing_but_the_end()
    {
        JsonConstraint constraint = Constraints.Start("{}", []);
        constraint.Accept('{');
        constraint.Accept('}');
        Assert.True(constraint.IsClosed);
        Assert.Equal(1, constraint.Allowed.Count);
    }

    [Fact]
    public void The_state_is_rebuilt_from_the_committed_tokens()
    {
        const string schema = """{"type":"object","properties":{"name":{"type":"string","maxLength":9},"value":{"type":"number"}},"required":["name"]}""";
        byte[] text = Encoding.UTF8.GetBytes("""{"name": "é\n", "value": -1.5e+3}""");
        JsonConstraint first = Constraints.Start(schema, []);
        for (int committed = 0; committed <= text.Length; committed++)
        {
            JsonConstraint again = new JsonConstraints(TestVocabulary.Instance, [TestVocabulary.End]).Start(schema, []);
            foreach (byte token in text[..committed])
            {
                again.Accept(token);
            }

            Assert.Equal(Allowed(first), Allowed(again));
            if (committed < text.Length)
            {
                first.Accept(text[committed]);
            }
        }
    }

    /// <summary>A mask is looked for between two steps of the engine, so a schema must not make that long for those who share it.</summary>
    [Fact]
    public void A_schema_that_leaves_too_many_readings_open_is_refused_where_it_does()
    {
        var words = new TokenVocabulary([.. Enumerable.Range(0, 17_576 * 2).Select(Word), "\""u8.ToArray()], special: []);
        JsonConstraint Start(int alternatives)
        {
            string options = string.Join(',', Enumerable.Range(100, alternatives).Select(most => $$"""{"type":"string","maxLength":{{most}}}"""));
            JsonConstraint constraint = new JsonConstraints(words, []).Start($$"""{"anyOf":[{{options}}]}""", []);
            constraint.Accept(words.Count - 1);
            return constraint;
        }

        Assert.True(Start(alternatives: 4).Allowed.Count > 17_576);
        InferenceException refusal = Assert.Throws<InferenceException>(() => Start(alternatives: 60).Allowed);
        Assert.Equal(InferenceFault.InvalidRequest, refusal.Fault);
        Assert.Contains("too many alternatives", refusal.Message, StringComparison.Ordinal);

        static byte[] Word(int i) => [(byte)('a' + (i % 26)), (byte)('a' + (i / 26 % 26)), (byte)('a' + (i / 676 % 26)), (byte)('a' + (i / 17_576))];
    }

    [Fact]
    public void Committed_tokens_of_another_answer_are_refused()
    {
        JsonConstraint constraint = Constraints.Start("{}", []);
        Assert.Equal(InferenceFault.InvalidRequest, Assert.Throws<InferenceException>(() => constraint.Accept('x')).Fault);
        Assert.Throws<InferenceException>(() => constraint.Accept(TestVocabulary.Control));
        Assert.Throws<InferenceException>(() => constraint.Accept(int.MaxValue));
    }

    /// <summary>Checks every step against the mask as well: a byte is taken exactly when its token is allowed.</summary>
    private static bool IsWhole(string schema, string text)
    {
        JsonConstraint constraint = Constraints.Start(schema, []);
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            if (!constraint.Allowed.Allows(value))
            {
                Assert.Throws<InferenceException>(() => constraint.Accept(value));
                return false;
            }

            constraint.Accept(value);
        }

        Assert.Equal(constraint.IsWhole, constraint.Allowed.Allows(TestVocabulary.End));
        return constraint.IsWhole;
    }

    private static int[] Allowed(JsonConstraint constraint)
    {
        TokenMask mask = constraint.Allowed;
        return [.. Enumerable.Range(0, mask.Vocabulary).Where(mask.Allows)];
    }
}
