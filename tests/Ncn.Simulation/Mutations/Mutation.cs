using System.Collections.Immutable;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Verification;

namespace Ncn.Simulation.Mutations;

/// <summary>One core or shell that is wrong on purpose: the simulator must find it.</summary>
/// <param name="Name">For <c>--mutate</c>.</param>
/// <param name="Words">What is wrong.</param>
/// <param name="Cores">The cores with the fault in them.</param>
/// <param name="Breaks">The invariants by which it is found, first the one that it is there for.</param>
public sealed record Mutation(string Name, string Words, Cores Cores, params ImmutableArray<string> Breaks)
{
    /// <summary>The first seed that the suite tries: those before are known not to find it.</summary>
    internal ulong First { get; init; } = 1;

    /// <summary>Steps of the worlds that the suite tries.</summary>
    internal long Steps { get; init; } = 20_000;

    /// <summary>All of them: for every invariant there is at least one.</summary>
    public static ImmutableArray<Mutation> All { get; } =
    [
        .. ChannelMutations.All, .. ShellMutations.All, .. RequestMutations.All, .. PoolMutations.All, .. BatchMutations.All, .. SubnetMutations.All,
        .. DispatchMutations.All, .. AdmissionMutations.All, .. DiscoveryMutations.All, .. ConsensusMutations.All, .. VerificationMutations.All,
    ];

    /// <summary>The mutation of this name; null for none.</summary>
    public static Mutation? Find(string name) => All.FirstOrDefault(mutation => mutation.Name == name);

    /// <summary>Names the real cores with validators in the world.</summary>
    internal const string ConsensusAsItIs = "consensus";

    /// <summary>Names the real core with validators alone in the world.</summary>
    internal const string ConsensusAlone = "consensus-alone";

    /// <summary>Those validators check work.</summary>
    internal const string AndVerification = "+verification";

    /// <summary>The cores of a mutation; the real ones for no name.</summary>
    /// <exception cref="FormatException">There is none of this name.</exception>
    internal static Cores CoresOf(string name) => name switch
    {
        "" => new Cores(),
        ConsensusAsItIs => new Cores { Consensus = new ConsensusCores() },
        ConsensusAlone => new Cores { Consensus = new ConsensusCores { IsAlone = true } },
        _ when name.EndsWith(AndVerification, StringComparison.Ordinal) => CoresOf(name[..^AndVerification.Length]) with { Verification = new VerificationCores() },
        _ => Find(name)?.Cores ?? throw new FormatException($"'{name}' is not a mutation."),
    };
}
