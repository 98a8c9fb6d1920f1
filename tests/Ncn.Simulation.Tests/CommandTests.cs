using Ncn.Simulation.Mutations;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Tests;

public sealed class CommandTests
{
    [Fact]
    public void Seeds_that_hold_exit_with_0_and_say_what_ran()
    {
        var (code, output, _) = Run("--seed", "1..2", "--steps", "1000");

        Assert.Equal(0, code);
        Assert.Contains("2 seeds", output, StringComparison.Ordinal);
        Assert.Contains("every invariant held", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--seed", "x")]
    [InlineData("--seed", "5..1")]
    [InlineData("--steps", "0")]
    [InlineData("--mutate", "nothing")]
    [InlineData("--replay", "/nowhere.json")]
    [InlineData("--what", "1")]
    [InlineData("--seed")]
    [InlineData("--mutations", "--seed", "1")]
    [InlineData("--replay", "seed-1.json", "--seed", "1")]
    public void A_wrong_call_exits_with_2_and_says_why(params string[] args)
    {
        var (code, _, errors) = Run(args);

        Assert.Equal(2, code);
        Assert.Contains("ncn sim: ", errors, StringComparison.Ordinal);
        Assert.Contains("Usage:", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--seed", "1", "-h")]
    public void Help_is_given_and_nothing_run(params string[] args)
    {
        var (code, output, _) = Run(args);

        Assert.Equal(0, code);
        Assert.StartsWith("Usage:", output, StringComparison.Ordinal);
        Assert.DoesNotContain("invariant held;", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_that_breaks_exits_with_1_and_its_trace_replays_to_the_letter()
    {
        var (code, output, _) = Run("--seed", "1..5", "--mutate", "ledger-charges-anything");

        var (trace, file) = (output[output.IndexOf("what happened", StringComparison.Ordinal)..output.IndexOf("again: ", StringComparison.Ordinal)], output[(output.LastIndexOf("--replay ", StringComparison.Ordinal) + 9)..].Trim());
        var (replayed, again, _) = Run("--replay", file);

        Assert.Equal((1, 1), (code, replayed));
        Assert.Contains("then: a charge is what was asked", trace, StringComparison.Ordinal);
        Assert.Contains(trace, again, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_seed_that_breaks_is_listed()
    {
        var mutation = Mutation.Find("ledger-charges-anything")!;
        var summary = new Campaign(20_000, mutation.Cores).Run(1, 12, threads: 2, mostViolations: 8);

        Assert.InRange(summary.Violations.Count, 8, 9);
        Assert.Equal(summary.Violations.Select(static broken => broken.Seed).Order(), summary.Violations.Select(static broken => broken.Seed));
    }

    [Fact]
    public void Mutations_are_listed()
    {
        var (code, output, _) = Run("--mutations");

        Assert.Equal(0, code);
        Assert.Contains("act-before-commit", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (SimulationCommand.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
