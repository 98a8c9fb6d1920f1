using System.Globalization;
using System.Text;

namespace Ncn.ComputeWorker.Tests.OpenInference.Malformed;

/// <summary>Infer requests in JSON for the model "mlp" (FP32 [-1,4]), each wrong in one way.</summary>
internal static class MalformedJson
{
    private static readonly Func<Random, string>[] Texts =
    [
        random => Tensor(shape: Pick(random, $"[{random.Next(2, 1000)},4]", $"[1,{random.Next(5, 1000)}]", "[]", "[4]", "[1,4,1]", "[0,4]", "[4,1]", "4", "null", "\"[1,4]\"")),
        random => Tensor(shape: Pick(random, "[4611686018427387904,4611686018427387904]", "[9223372036854775807,4]", "[4294967296,4294967296,1]", "[65536,65536,65536,65536]", "[2147483647,2147483647]")),
        random => Tensor(shape: $"[1,{Pick(random, "-1", "-4", "4.5", "\"4\"", "null", "4e0", "9223372036854775808", "true", "[4]", "-9223372036854775808")}]"),
        random => Tensor(datatype: Pick(random, "\"FP31\"", "\"fp32\"", "\"\"", "7", "null", "\"BF16\"", $"\"{Letters(random, 40)}\"", "\"FP64\"", "\"INT32\"", "\"UINT8\"", "\"BOOL\"", "\"BYTES\"")),
        random => Tensor(data: Pick(random, "[1,2,3]", "[]", "[1,2,3,4,5]", "[[1,2],[3,4]]", "[[1,2,3],[4]]", "[[[1,2,3,4]]]", "[[1,2,3,4],[1,2,3,4]]", "[1,[2,3,4]]", "{}", "1", "null", "\"1234\"")),
        random => Tensor(data: $"[1,2,{Pick(random, "null", "{}", "\"3\"", "true", "1e999", "-1e39", "3.5e38", "[]", "[3]")},4]"),
        random => Tensor(data: new string('[', random.Next(9, 3000)) + "1"),
        random => $$"""{"x":{{Nested(random.Next(40, 4000))}},"inputs":[]}""",
        random => Pick(random, """{"inputs":[],"inputs":[]}""", """{"id":"a","id":"b","inputs":[]}""", Tensor(more: ",\"name\":\"input\""), Tensor(more: ",\"data\":[1,2,3,4]"), Tensor(more: ",\"shape\":[1,4]")),
        random => Pick(random, "{}", """{"inputs":null}""", """{"inputs":{}}""", """{"inputs":[]}""", """{"inputs":[null]}""", """{"inputs":[[]]}""", """{"inputs":[{}]}""", """{"inputs":[{"name":"input"}]}""", """{"inputs":"input"}"""),
        random => Tensor(name: Pick(random, "\"x\"", "\"\"", "null", "7", $"\"{Letters(random, 300)}\"", $"\"{Letters(random, 20)}\"", "\"input\\u0000\"", "\"Input\"")),
        random => $$"""{"inputs":[{{Input()}},{{Pick(random, Input(), Input(name: "\"other\""), "7")}}]}""",
        random => $$"""{"inputs":[{{Input()}}],"outputs":{{Pick(random, """[{"name":"x"}]""", "[7]", "7", "{}", """[{}]""", """[{"name":7}]""", """[{"name":"output","name":"output"}]""", """[{"name":"output","parameters":{"binary_data":1}}]""")}}}""",
        random => $$"""{"inputs":[{{Input()}}],"parameters":{{Pick(random, "[]", "7", """{"a":[1]}""", """{"a":{}}""", """{"a":1,"a":2}""", """{"a":1e999}""", """{"binary_data_output":"yes"}""", "{" + string.Join(',', Enumerable.Range(0, 70).Select(i => $"\"p{i}\":1")) + "}")}}}""",
        random => $$"""{"id":"{{Pick(random, "\\ud800", "\\udfff", "x\\ud83dx", "\\uDBFF\\u0041")}}","inputs":[{{Input()}}]}""",
        random => Tensor() + Pick(random, "x", "{}", "]", ",", "\u0000", Tensor()),
        random => Pick(random, "", " ", "[]", "7", "\"x\"", "null", "true", "//", "{'inputs':[]}", "{\"inputs\":[],}", "{\"inputs\":[NaN]}", "{inputs:[]}", "\uFEFF{\"inputs\":7}"),
        random => $$"""{"inputs":[{{string.Join(',', Enumerable.Repeat(Input(), random.Next(65, 200)))}}]}""",
        random => $$"""{"id":"{{Letters(random, random.Next(1100, 5000))}}","inputs":[{{Input()}}]}""",
        random => Tensor(more: Pick(random, ",\"parameters\":{\"shared_memory_region\":\"r\"}", ",\"parameters\":{\"binary_data_size\":16}", ",\"parameters\":7", ",\"parameters\":{\"binary_data_size\":-1}")),
        random => $$"""{"inputs":[{"name":"x_{{Pick(random, "UINT8\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[256", "INT8\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[-129", "UINT64\",\"shape\":[1],\"datatype\":\"UINT64\",\"data\":[18446744073709551616", "INT64\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":[1.0", "BOOL\",\"shape\":[1],\"datatype\":\"BOOL\",\"data\":[1", "FP16\",\"shape\":[1],\"datatype\":\"FP16\",\"data\":[70000")}}]}]}""",
    ];

    /// <summary>The next wrong request.</summary>
    public static MalformedCall Next(Random random)
    {
        string text = Texts[random.Next(Texts.Length)](random);
        byte[] body = Encoding.UTF8.GetBytes(text);
        return random.Next(6) switch
        {
            0 => Of("truncated", Encoding.UTF8.GetBytes(Tensor())[..random.Next(0, Tensor().Length)]),
            1 => Of("no UTF-8", WithBrokenText(random, Encoding.UTF8.GetBytes(Tensor()))),
            _ => Of(text.Length > 300 ? text[..300] : text, body),
        };
    }

    /// <summary>A whole request with one input, right unless a part is replaced.</summary>
    public static string Tensor(string name = "\"input\"", string shape = "[1,4]", string datatype = "\"FP32\"", string data = "[1,2,3,4]", string more = "") =>
        $$"""{"inputs":[{{Input(name, shape, datatype, data, more)}}]}""";

    public static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];

    public static string Letters(Random random, int count) => string.Create(count, random, static (text, from) =>
    {
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = (char)('a' + from.Next(26));
        }
    });

    private static string Input(string name = "\"input\"", string shape = "[1,4]", string datatype = "\"FP32\"", string data = "[1,2,3,4]", string more = "") => string.Create(
        CultureInfo.InvariantCulture, $$"""{"name":{{name}},"shape":{{shape}},"datatype":{{datatype}},"data":{{data}}{{more}}}""");

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static byte[] WithBrokenText(Random random, byte[] body)
    {
        byte[][] broken = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80]];
        int at = random.Next(body.Length);
        return [.. body[..at], .. broken[random.Next(broken.Length)], .. body[at..]];
    }

    private static MalformedCall.Rest Of(string what, byte[] body) => new("JSON: " + what, "/v2/models/mlp/infer", body);
}
