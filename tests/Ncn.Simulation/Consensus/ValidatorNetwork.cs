using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Consensus;

/// <summary>All validators of a world, the chain, and what must hold of them together.</summary>
internal sealed class ValidatorNetwork
{
    private const ulong LongestLag = 3_000;
    private readonly Dictionary<(Hash32 Set, Hash32 Seed), LeaderSchedule> _leaders = [];
    private readonly Dictionary<Address, ValidatorProcess> _owners = [];
    private readonly HashSet<Address> _lostKeys = [];

    internal ValidatorNetwork(World world, ConsensusProfile profile, ConsensusCores cores, bool hasTwins = false, bool mayFork = false)
    {
        (World, Profile, Cores) = (world, profile, cores);
        Registry = new RegistryTwin(profile.First);
        Invariants = new ConsensusInvariants(Registry) { MayFork = mayFork };
        var all = Enumerable.Range(0, profile.Strategies.Count).Select(number => new ValidatorProcess(this, number)).ToList();
        all.ForEach(validator => _owners[validator.Key] = validator);
        if (hasTwins)
        {
            all.AddRange(Enumerable.Range(0, profile.Strategies.Count).Where(number => profile.Strategies[number] != Strategy.Honest).Select(number => new ValidatorProcess(this, number, isTwin: true)));
        }

        All = all;
    }

    internal World World { get; }

    internal ConsensusProfile Profile { get; }

    internal ConsensusCores Cores { get; }

    internal ConsensusInvariants Invariants { get; }

    internal RegistryTwin Registry { get; }

    internal IReadOnlyList<ValidatorProcess> All { get; }

    internal IEnumerable<ValidatorProcess> Honest => All.Where(static validator => validator.IsHonest);

    internal LeaderSchedule Leaders(ValidatorSet set, Hash32 seed) =>
        _leaders.TryGetValue((set.Hash, seed), out var known) ? known : _leaders[(set.Hash, seed)] = new LeaderSchedule(set, seed);

    internal EpochSettings First(Address key) => Profile.Epoch(Leaders(Profile.First, Profile.Network), Profile.First.IndexOf(key));

    /// <summary>Whose key it is, or was.</summary>
    internal ValidatorProcess OwnerOf(Address key) => _owners[key];

    internal bool IsHonest(Address key) => _owners.TryGetValue(key, out var owner) && owner.IsHonest;

    /// <summary>Whether a validator sees on the chain what happened there at a time: each a little later than others.</summary>
    internal bool Sees(ValidatorProcess validator, ulong at) => at == 0 || World.Now >= at + (Mix.Of(at, (ulong)validator.Index) % LongestLag);

    /// <summary>Somebody submits a checkpoint; true when nobody needs to submit it again.</summary>
    internal bool Submit(ConsensusOutput.SubmitCheckpoint submit)
    {
        var checkpoint = submit.Checkpoint;
        if (Registry.Accepts(checkpoint, submit.Signatures.Keys, World.Now))
        {
            Invariants.Accepted(checkpoint);
            return true;
        }

        return checkpoint.Epoch < Registry.Epoch || checkpoint.Height <= Registry.Height;
    }

    /// <summary>A validator's disk is lost, and its key with it; it goes on with a new one, without a place in the running sets.</summary>
    internal bool CanLose(ValidatorProcess validator) =>
        Registry.Snapshots.TakeLast(3).Select(static snapshot => snapshot.Set).Concat(Honest.Select(static honest => honest.State.Epoch.Set)).All(set => 3 * Faulty(set, validator.Key) < set.TotalWeight);

    internal void Renew(ValidatorProcess validator, Address lost)
    {
        _lostKeys.Add(lost);
        _owners[validator.Key] = validator;
    }

    /// <summary>The chain has a new snapshot: some come, some go, stakes change; less than a third of it is Byzantine or lost.</summary>
    internal ValidatorSet NewSet(ulong id)
    {
        var members = Enumerable.Range(0, Profile.Strategies.Count).Select(number => All[number])
            .Where(validator => !validator.IsHonest || Mix.Of(id, (ulong)validator.Number) % 4 > 0)
            .Select(validator => new Validator(validator.Key, 5 + (Mix.Of(id, 100 + (ulong)validator.Number) % 20))).ToList();
        while (members.Count < ValidatorSet.Fewest || 3 * Byzantine(members) >= Sum(members))
        {
            var missing = Honest.FirstOrDefault(validator => members.TrueForAll(member => member.Key != validator.Key));
            var worst = members.FindIndex(member => !IsHonest(member.Key));
            if (missing is not null)
            {
                members.Add(new Validator(missing.Key, 20));
            }
            else
            {
                members.RemoveAt(worst);
            }
        }

        return ValidatorSet.Of(members);
    }

    private UInt128 Byzantine(IEnumerable<Validator> members) => Sum(members.Where(member => !IsHonest(member.Key)));

    private UInt128 Faulty(ValidatorSet set, Address alsoLost) => Sum(set.Members.Where(member => !IsHonest(member.Key) || _lostKeys.Contains(member.Key) || member.Key == alsoLost));

    private static UInt128 Sum(IEnumerable<Validator> members) => members.Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);
}
