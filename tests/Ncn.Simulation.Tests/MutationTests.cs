using Ncn.Simulation.Mutations;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Tests;

public sealed class MutationTests
{
    public static TheoryData<string> Names => [.. Mutation.All.Select(static mutation => mutation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_fault_is_found(string name)
    {
        var mutation = Mutation.Find(name)!;

        var summary = new Campaign(20_000, mutation.Cores).Run(1, 60, threads: 2);

        Assert.True(summary.FirstViolation is not null, $"60 seeds did not find '{mutation.Words}'");
        Assert.Contains(summary.FirstViolation.Violation!.Invariant, mutation.Breaks);
    }

    [Fact]
    public void Names_are_unique() => Assert.Equal(Mutation.All.Length, Mutation.All.Select(static mutation => mutation.Name).Distinct().Count());
}
