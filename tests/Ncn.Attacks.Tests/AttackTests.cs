using Ncn.Attacks.Nodes;
using Ncn.Attacks.Reporting;
using Ncn.Tests.Models;
using Ncn.Verification.Checks;

namespace Ncn.Attacks.Tests;

/// <summary>Nodes that really cheat, on a decoder with random weights whose answers vary with every sampling option. The long run is a command.</summary>
public sealed class AttackTests(AttackTests.Ground ground) : IClassFixture<AttackTests.Ground>
{
    private const int Samples = 12;
    private const uint Tokens = 32;

    private static readonly DecoderShape Shape = DecoderShape.Tiny with { Layers = 3 };

    public static TheoryData<string, CheckReason> Attacks => new()
    {
        { "smaller model", CheckReason.Logprobs },
        { "weights rounded to 8 bits", CheckReason.Logprobs },
        { "smaller model, honest prefill", CheckReason.Sampling },
        { "rounded weights, honest prefill", CheckReason.Sampling },
        { "cached answer to another prompt", CheckReason.Sampling },
        { "copied answer to the same prompt", CheckReason.Sampling },
        { "truncated answer", CheckReason.Truncated },
        { "another temperature", CheckReason.Sampling },
        { "another seed", CheckReason.Sampling },
        { "receipt replay", CheckReason.OtherJob },
        { "more completion tokens", CheckReason.Counts },
        { "more prompt tokens", CheckReason.Counts },
        { "tokens after the end", CheckReason.Sampling },
    };

    [Fact]
    public void Every_attack_has_its_test() =>
        Assert.Equal(Cheat.All.Select(static cheat => cheat.Name), Attacks.Select(static row => (string)row[0]));

    [Fact]
    public async Task An_honest_node_passes()
    {
        AttackRow row = await RunAsync(Cheat.Honest);
        Assert.Equal((Samples, Samples, 0), (row.Samples, row.Harmless, row.Refused));
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task A_cheating_node_is_caught_wherever_its_answer_is_not_the_honest_one(string name, CheckReason reason)
    {
        AttackRow row = await RunAsync(Cheat.All.Single(cheat => cheat.Name == name));
        Assert.True(row.Harmless <= Samples * 2 / 3 || name == "tokens after the end", $"{row.Harmless} answers of {Samples} were the honest ones: the attack shows nothing");
        Assert.Equal((row.Samples - row.Harmless, row.Samples - row.Harmless), (row.Caught.Trials, row.Caught.Hits));
        Assert.True(row.Caught.Hits == 0 || row.Reasons.ContainsKey(reason.ToString()), string.Join(", ", row.Reasons));
    }

    private async Task<AttackRow> RunAsync(Cheat cheat)
    {
        using var trial = new Trial(ground.Shelf);
        var results = await Task.WhenAll(Enumerable.Range(0, Samples).Select(number => trial.RunAsync(
            cheat, Sample.Of(number, Tokens, Sample.FreeKinds, Shape.Vocabulary - 4), Sample.Of(number + 500, Tokens, Sample.FreeKinds, Shape.Vocabulary - 4))));
        return AttackRow.Of(cheat.Name, results);
    }

    /// <summary>The models, loaded once.</summary>
    public sealed class Ground : IAsyncLifetime
    {
        private readonly string _root = BenchmarkModel.Write(Shape, Commands.BenchmarkTolerances);

        internal ModelShelf Shelf { get; private set; } = null!;

        public Task InitializeAsync()
        {
            Shelf = ModelShelf.Load(_root, BenchmarkModel.Name, layers: 1);
            return Task.CompletedTask;
        }

        public async Task DisposeAsync()
        {
            await Shelf.DisposeAsync();
            Directory.Delete(_root, recursive: true);
        }
    }
}
