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
    public void A_wrong_call_exits_with_2_and_says_why(params string[] args)
    {
        var (code, _, errors) = Run(args);

        Assert.Equal(2, code);
        Assert.Contains("ncn sim: ", errors, StringComparison.Ordinal);
        Assert.Contains("Usage:", errors, StringComparison.Ordinal);
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
