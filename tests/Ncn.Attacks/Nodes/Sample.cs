using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol.Grpc;

namespace Ncn.Attacks.Nodes;

/// <summary>One request.</summary>
/// <param name="Input">A serialised input.</param>
/// <param name="Seed">The job's.</param>
/// <param name="Kind">Which options it has.</param>
internal sealed record Sample(byte[] Input, ulong Seed, string Kind)
{
    private static readonly string[] Questions =
        ["What is NCN?", "How do I pay?", "Who runs the nodes?", "What is a receipt?", "Count from 1 to 30", "Hello", "What is a validator?", "Why is the sky blue?"];

    /// <summary>Options as clients ask for them, each under its name.</summary>
    private static readonly (string Name, Action<GenerateInput> Set)[] Kinds =
    [
        ("temperature 1", static input => input.Temperature = 1),
        ("top-p", static input => (input.Temperature, input.TopP) = (0.7f, 0.9f)),
        ("top-k", static input => (input.Temperature, input.TopK) = (1, 40)),
        ("greedy", static _ => { }),
        ("min-p", static input => (input.Temperature, input.MinP) = (1.2f, 0.05f)),
        ("penalties", static input => (input.Temperature, input.RepetitionPenalty, input.PresencePenalty, input.FrequencyPenalty) = (0.8f, 1.1f, 0.5f, 0.3f)),
        ("bias", static input => { input.Temperature = 1; input.LogitBias.Add(50, 3); input.LogitBias.Add(60, -100); }),
        ("stop", static input => { input.Temperature = 1; input.Stop.Add("e"); input.StopTokens.Add(70); }),
        ("schema", static input => (input.Temperature, input.JsonSchema) = (1, """{"type":"object","properties":{"a":{"type":"integer"},"b":{"enum":["x","yes"]}},"required":["a","b"],"additionalProperties":false}""")),
        ("all cuts", static input => (input.Temperature, input.TopK, input.TopP, input.MinP, input.RepetitionPenalty) = (1.5f, 20, 0.95f, 0.01f, 1.2f)),
    ];

    /// <summary>Names of the kinds that leave the choice of tokens free: those of the table of attacks.</summary>
    public const int FreeKinds = 6;

    /// <summary>The n-th request for a chat model, or, with <paramref name="plainTokens"/>, for one that knows no language.</summary>
    public static Sample Of(int number, uint maxTokens, int kinds, int plainTokens = 0)
    {
        var random = new Random(number);
        var input = new GenerateInput { MaxTokens = maxTokens };
        if (plainTokens > 0)
        {
            input.PromptTokens.AddRange(Enumerable.Range(0, random.Next(16, 49)).Select(_ => random.Next(plainTokens)));
        }
        else
        {
            string question = random.Next(2) == 0 ? $"{random.Next(1000)}+{random.Next(1000)}" : Questions[random.Next(Questions.Length)];
            input.MessagesJson = JsonSerializer.Serialize(new[] { new { role = "user", content = question } });
        }

        (string name, Action<GenerateInput> set) = Kinds[number % Math.Min(kinds, Kinds.Length)];
        set(input);
        return new Sample(new Input { Generate = input }.ToByteArray(), (ulong)random.NextInt64(), name);
    }

    /// <summary>How many kinds there are.</summary>
    public static int AllKinds => Kinds.Length;
}
