using System.Globalization;
using Ncn.Simulation.Mutations;

namespace Ncn.Simulation.Running;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Last">The last seed, the first one for a single one.</param>
/// <param name="Threads">Seeds that run side by side.</param>
/// <param name="HasConsensus">Validators live in the worlds too.</param>
/// <param name="IsAlone">Nobody else does.</param>
/// <param name="HasVerification">They check work.</param>
internal sealed record SimulationArguments(ulong First, ulong Last, long Steps, Mutation? Mutation, string? Replay, int Threads, bool HasConsensus = false, bool IsAlone = false, bool HasVerification = false)
{
    private const long MostSteps = 100_000_000;
    private const ulong MostSeeds = 1_000_000;
    private static readonly string[] Options = ["--seed", "--steps", "--mutate", "--threads", "--with", "--only", "--replay", "--mutations"];

    internal const string Usage = """
        Usage: ./ncn sim --seed N|A..B [--steps N] [--mutate NAME|all] [--threads N] [--with consensus | --only consensus] [--with verification]
               ./ncn sim --replay FILE
               ./ncn sim --mutations
               ./ncn sim --twins DIGITS | --forks NUMBER | --bytes NUMBER

          --seed N|A..B   worlds to run: one, or a range such as 1..200; every one is run, and those that broke an invariant are listed at the end
          --steps N       events of each world, 20000 if it is not said
          --mutate NAME   with a planted fault; stops at the first world that finds it
          --mutate all    with every planted fault in turn: says which world finds it, and by which invariant
          --threads N     worlds side by side, one for each processor if it is not said
          --with consensus   validators in every world too
          --only consensus   validators alone
          --with verification   those validators check nodes' work
          --replay FILE   a run again that broke an invariant: the file that the command has left in artifacts/sim
          --mutations     lists the planted faults
          --twins DIGITS  four validators and a second copy of one, in all 16^DIGITS schedules of who hears whom
          --bytes NUMBER  networks whose validators exchange signed frames, and liars frames that are like them
          --forks NUMBER  networks of which more than a third is Byzantine: whom the forks are blamed on

        Exit codes: 0 every invariant held, 1 one broke, 2 a wrong call.
        """;

    /// <summary>Every planted fault, one after the other.</summary>
    internal bool IsEveryMutation { get; private init; }

    /// <summary>What the worlds are made of, by the name that a replay file keeps.</summary>
    internal string CoresName => Mutation?.Name ?? ((IsAlone ? Mutations.Mutation.ConsensusAlone : HasConsensus || HasVerification ? Mutations.Mutation.ConsensusAsItIs : string.Empty) + (HasVerification ? Mutations.Mutation.AndVerification : string.Empty));

    /// <exception cref="FormatException">It cannot be done; says what is wrong.</exception>
    internal static SimulationArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new SimulationArguments(1, 1, 20_000, null, null, Math.Max(1, Environment.ProcessorCount));
        for (var i = 0; i < args.Count; i += 2)
        {
            if (!Options.Contains(args[i]))
            {
                throw new FormatException($"'{args[i]}' is not an option.");
            }

            var value = i + 1 < args.Count ? args[i + 1] : throw new FormatException($"{args[i]} needs a value.");
            parsed = args[i] switch
            {
                "--seed" => WithSeeds(parsed, value),
                "--steps" => parsed with { Steps = Number(value, "--steps", MostSteps) },
                "--threads" => parsed with { Threads = (int)Number(value, "--threads", 256) },
                "--mutate" when value == "all" => parsed with { IsEveryMutation = true },
                "--mutate" => parsed with { Mutation = Mutation.Find(value) ?? throw new FormatException($"'{value}' is not a mutation; there are: {string.Join(", ", Mutation.All.Select(static mutation => mutation.Name))}.") },
                "--with" => value switch
                {
                    "consensus" => parsed with { HasConsensus = true },
                    "verification" => parsed with { HasVerification = true },
                    _ => throw new FormatException($"'{value}' cannot be added; there are: consensus, verification."),
                },
                "--only" => value == "consensus" ? parsed with { IsAlone = true } : throw new FormatException($"'{value}' has no world of its own; there is: consensus."),
                "--replay" => parsed with { Replay = value },
                _ => throw new FormatException($"{args[i]} stands alone."),
            };
        }

        return parsed.Replay is null || args.Count == 2 ? parsed : throw new FormatException("--replay stands alone: its file says seed, steps and mutation.");
    }

    private static SimulationArguments WithSeeds(SimulationArguments parsed, string value)
    {
        var parts = value.Split("..");
        var (first, last) = (Seed(parts[0]), Seed(parts[^1]));
        return parts.Length <= 2 && first <= last && last - first < MostSeeds
            ? parsed with { First = first, Last = last }
            : throw new FormatException($"'{value}' is not a seed or a range of at most {MostSeeds} seeds such as 1..200.");
    }

    private static ulong Seed(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) && seed < ulong.MaxValue
        ? seed
        : throw new FormatException($"'{text}' is not a seed: a whole number.");

    private static long Number(string text, string option, long most) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw new FormatException($"{option} is a whole number from 1 to {most}, not '{text}'.");
}
