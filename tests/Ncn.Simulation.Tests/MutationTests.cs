using Ncn.Simulation.Invariants;
using Ncn.Simulation.Mutations;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Tests;

public sealed class MutationTests
{
    private const ulong Seeds = 80;

    public static TheoryData<string> Names => [.. Mutation.All.Select(static mutation => mutation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_fault_is_found_by_the_invariant_that_it_breaks(string name)
    {
        var mutation = Mutation.Find(name)!;

        var hunt = FaultHunt.Run(mutation, mutation.First, Seeds, mutation.Steps);

        Assert.True(hunt.IsFound, hunt.Surprise is { } surprise ? surprise.Message : $"{Seeds} seeds did not find '{mutation.Words}' by '{mutation.Breaks[0]}'");
    }

    [Fact]
    public void Every_invariant_has_a_planted_fault_of_its_own() =>
        Assert.Empty(Invariant.All.Concat(Consensus.ConsensusInvariants.All).Concat(Verification.VerificationInvariants.All).Except(Mutation.All.Select(static mutation => mutation.Breaks[0])));

    [Fact]
    public void The_README_lists_each()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ncn.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
        }

        var text = File.ReadAllText(Path.Combine(folder.FullName, "tests", "Ncn.Simulation", "README.md"));
        Assert.All(Mutation.All, mutation => Assert.Contains($"| `{mutation.Name}` | {mutation.Words} | {mutation.Breaks[0]} |", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_are_unique() => Assert.Equal(Mutation.All.Length, Mutation.All.Select(static mutation => mutation.Name).Distinct().Count());
}
