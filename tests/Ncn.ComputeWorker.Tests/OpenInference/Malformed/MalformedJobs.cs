using Google.Protobuf;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests.OpenInference.Malformed;

/// <summary>Inputs of jobs that no honest gateway would sign, as bytes.</summary>
internal static class MalformedJobs
{
    private static readonly Func<Random, GenerateInput>[] Generations =
    [
        random => Generate(input => input.MaxTokens = Pick<uint>(random, 0, 257, int.MaxValue, uint.MaxValue)),
        random => Generate(input => input.Temperature = Pick(random, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0.5f, 2.5f, float.MaxValue)),
        random => Generate(input => input.TopP = Pick(random, float.NaN, -0.5f, 1.5f, float.PositiveInfinity)),
        random => Generate(input => input.Stop.Add(Enumerable.Repeat("x", random.Next(17, 3000)))),
        random => Generate(input => input.Stop.Add(MalformedJson.Pick(random, "", MalformedJson.Letters(random, 257)))),
        random => Generate(input => input.CommittedTokens.Add(Pick(random, -1, int.MinValue, int.MaxValue, 100_000))),
        random => Generate(input => input.CommittedTokens.Add(Enumerable.Repeat(5, random.Next(5, 3000)))),
        random => Generate(input => input.Prompt = MalformedJson.Letters(random, random.Next(20_000, 200_000))),
        random => Generate(input => input.Prompt = ""),
        random => Chat(input => input.MessagesJson = MalformedJson.Pick(random, "{", "{}", "7", "[]", "null", "[7]", "[{}]", "[[]]", "x")),
        random => Chat(input => input.MessagesJson = MalformedJson.Pick(
            random, """[{"role":7,"content":"x"}]""", """[{"role":"user"}]""", """[{"content":"x"}]""", """[{"role":"user","content":7}]""", """[{"role":"user","content":[7]}]""",
            """[{"role":"user","content":[{"type":"image"}]}]""", """[{"role":"user","role":"user","content":"x"}]""", """[{"role":"user","content":"x","name":"\ud800"}]""", """[{"role":"\ud800","content":"x"}]""", """[{"role":"user","content":"\udfff"}]""")),
        random => Chat(input => input.MessagesJson = new string('[', random.Next(20, 5000))),
        random => Generate(input => input.MinP = Pick(random, float.NaN, -0.1f, 1.1f)),
        random => Generate(input => input.RepetitionPenalty = Pick(random, float.NaN, -1, 2.5f, float.PositiveInfinity)),
        random => Generate(input => input.PresencePenalty = input.FrequencyPenalty = Pick(random, float.NaN, -2.5f, 2.5f)),
        random => Generate(input => input.TopK = Pick(random, uint.MaxValue, 1u << 31)),
        random => Generate(input => input.TopLogprobs = Pick<uint>(random, 1, 21, uint.MaxValue)),
        random => Generate(input => input.Priority = Pick<uint>(random, 10, uint.MaxValue)),
        random => Generate(input => input.LogitBias[Pick(random, -1, 320, int.MinValue, int.MaxValue)] = 1),
        random => Generate(input => input.LogitBias[5] = Pick(random, float.NaN, 101, -101, float.PositiveInfinity)),
        random => Generate(input => input.StopTokens.Add(Enumerable.Repeat(1, random.Next(17, 3000)))),
        random => Generate(input => input.ToolsJson = MalformedJson.Pick(random, "[]", "{", "7", """[{"type":"function","name":"\udc00"}]""")),
        random => Chat(input => input.MessagesJson = $"[{string.Join(',', Enumerable.Repeat("""{"role":"user","content":"x"}""", random.Next(1025, 1500)))}]"),
    ];

    /// <summary>The next wrong job.</summary>
    public static MalformedCall Next(Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                var noise = new byte[random.Next(1, 300)];
                random.NextBytes(noise);
                return new MalformedCall.Job("noise", MalformedJson.Pick(random, "words", "mlp"), noise);
            case 1:
                byte[] whole = new Input { Generate = Generate(static _ => { }) }.ToByteArray();
                return new MalformedCall.Job("truncated", "words", whole[..random.Next(1, whole.Length)]);
            case 2:
                return OfAnotherKind(random);
            case 3:
                (string what, byte[] message) = MalformedMessages.Next(random);
                return new MalformedCall.Job("tensors: " + what, "words", new Input { Tensors = ByteString.CopyFrom(message) }.ToByteArray());
            default:
                int kind = random.Next(Generations.Length);
                GenerateInput input = Generations[kind](random);
                return new MalformedCall.Job($"generation of kind {kind}: {Shown(input)}", "words", new Input { Generate = input }.ToByteArray());
        }
    }

    private static MalformedCall.Job OfAnotherKind(Random random) => random.Next(4) switch
    {
        0 => new("texts for a decoder", "words", new Input { Embed = new EmbedInput { Texts = { "a", "b" }, Dimensions = uint.MaxValue } }.ToByteArray()),
        1 => new("a prompt for a tensor model", "mlp", new Input { Generate = Generate(static _ => { }) }.ToByteArray()),
        2 => new("nothing", MalformedJson.Pick(random, "words", "mlp"), new Input().ToByteArray()),
        _ => new("texts for a tensor model", "mlp", new Input { Embed = new EmbedInput { Texts = { Enumerable.Repeat("x", 5000) } } }.ToByteArray()),
    };

    /// <summary>A right generation, spoiled.</summary>
    private static GenerateInput Generate(Action<GenerateInput> spoil)
    {
        var input = new GenerateInput { Prompt = "Hello", MaxTokens = 4 };
        spoil(input);
        return input;
    }

    private static GenerateInput Chat(Action<GenerateInput> spoil) => Generate(input =>
    {
        input.Prompt = "";
        spoil(input);
    });

    private static T Pick<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];

    private static string Shown(GenerateInput input)
    {
        string text = input.ToString();
        return text.Length > 200 ? text[..200] : text;
    }
}
