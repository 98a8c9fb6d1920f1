using System.Text.Json;
using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Constraints;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Tests.Generation.Constraints;

public sealed class JsonConstraintPropertyTests
{
    private const int MaxTokens = 600;

    [Fact]
    public void Random_logits_under_random_schemas_give_valid_documents()
    {
        int whole = 0;
        int compiled = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            string schema = new RandomSchema(seed).Next();
            var constraints = new JsonConstraints(TestVocabulary.Instance, [TestVocabulary.End]);
            if (constraints.Problem(schema) is { } problem)
            {
                Assert.Matches("no document|no number|more items|no property|no value", problem.Message); // nothing fits it
                continue;
            }

            compiled++;
            for (int run = 0; run < 3; run++)
            {
                whole += Complete(constraints.Start(schema, []), schema, (ulong)((seed * 3) + run)) ? 1 : 0;
            }
        }

        Assert.True(compiled > 250, $"{compiled} of 400 schemas could be used");
        Assert.True(whole > compiled * 2, $"{whole} documents of {compiled} schemas ended");
    }

    /// <summary>Samples until the end token or the length limit; true when the document ended.</summary>
    private static bool Complete(JsonConstraint constraint, string schema, ulong seed)
    {
        var options = new SamplingOptions(Temperature: 1.5, Seed: seed);
        var workspace = new SamplingWorkspace(TestVocabulary.Instance.Count);
        var history = new TokenHistory([]);
        var random = new Random((int)seed);
        var tokens = new List<int>();
        while (tokens.Count < MaxTokens)
        {
            Assert.Equal(constraint.IsWhole, constraint.Allowed.Allows(TestVocabulary.End));
            Assert.False(constraint.Allowed.Allows(TestVocabulary.Control));
            Assert.True(constraint.Allowed.Count > 0, $"seed {seed}: no way on after {TestVocabulary.Text(tokens)} for {schema}");
            int token = Sampler.Next(Logits(random, tokens.Count), options, history, (uint)tokens.Count, workspace, constraint.Allowed);
            if (token == TestVocabulary.End)
            {
                AssertFits(schema, TestVocabulary.Text(tokens), seed);
                return true;
            }

            constraint.Accept(token);
            tokens.Add(token);
        }

        return false;
    }

    private static void AssertFits(string schema, string text, ulong seed)
    {
        using JsonDocument rules = JsonDocument.Parse(schema);
        using JsonDocument document = JsonDocument.Parse(text);
        Assert.True(SchemaCheck.Fits(rules.RootElement, document.RootElement, rules.RootElement), $"seed {seed}: {text} does not fit {schema}");
    }

    /// <summary>Noise, with a growing liking for what closes strings, arrays and objects, so that documents end.</summary>
    private static float[] Logits(Random random, int position)
    {
        var logits = new float[TestVocabulary.Instance.Count];
        for (int id = 0; id < logits.Length; id++)
        {
            logits[id] = (float)(random.NextDouble() * 8);
        }

        foreach (int closing in new[] { '"', '}', ']', TestVocabulary.End })
        {
            logits[closing] += Math.Min(position / 10f, 30);
        }

        return logits;
    }
}
