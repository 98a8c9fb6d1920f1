using Ncn.Consensus;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Consensus;

/// <summary>
/// Four validators, one of them twice with the same key (Twins: https://arxiv.org/abs/2004.10617): in each of the first views the five processes
/// are in two groups that do not hear each other for a while. A schedule is a number: its digits to base 16 say who is apart in which view.
/// </summary>
internal static class TwinsCampaign
{
    internal const int Partitions = 16;
    private const int Views = 8;
    private const ulong LongEnough = 180_000;
    private const ulong Apart = 700;
    private const ulong Blocks = 2;

    /// <summary>Runs a schedule; null when every invariant held and blocks became final afterwards.</summary>
    /// <param name="schedule">Its lowest digits are the first views; views that it does not reach are drawn from it.</param>
    internal static ViolationException? Run(ulong schedule, int digits)
    {
        var world = new World(new WorldOptions(schedule));
        var network = new ValidatorNetwork(world, ConsensusProfile.Even(schedule, 4, 1, Strategy.NotReady), new ConsensusCores(), hasTwins: true);
        var groups = Enumerable.Range(0, Views).Select(view => view < digits ? schedule >> (4 * view) & 15 : Mix.Of(schedule, (ulong)view) & 15).ToArray();
        var begun = new Dictionary<ulong, ulong>();
        world.Network.Drops = (from, to, message) => ViewOf(message) is > 0 and <= Views and var view
            && world.Now < Since(begun, view, world.Now) + Apart && IsApart(groups[view - 1], from.Index, to.Index);
        return Running.SeedRun.Watched(() => Run(world, network));
    }

    private static void Run(World world, ValidatorNetwork network)
    {
        world.Start();
        foreach (var validator in network.All)
        {
            validator.Work(hasWork: true);
        }

        var until = world.Now + LongEnough;
        while (network.Honest.Any(static validator => validator.State.View <= Views || validator.State.Delivered.Height < Blocks))
        {
            ForkCampaign.Pass(world, 100);
            Must.Hold(world.Now < until, Invariants.Invariant.BegunEnds, () => string.Join(", ", network.Honest.Select(static validator => $"{validator.Name} in view {validator.State.View} at height {validator.State.Delivered.Height}")));
        }
    }

    // A view begins with the first message of it.
    private static ulong Since(Dictionary<ulong, ulong> begun, ulong view, ulong now) => begun.TryGetValue(view, out var since) ? since : begun[view] = now;

    // The last process is the twin; the first one stands in the group of zeros.
    private static bool IsApart(ulong group, int from, int to) => Side(group, from) != Side(group, to);

    private static ulong Side(ulong group, int process) => process == 0 ? 0 : group >> (process - 1) & 1;

    private static ulong ViewOf(object? message) => message switch
    {
        ConsensusMessage.Certified certified => certified.Certificate.View,
        ConsensusMessage.Relayed { Votes: [var vote, ..] } => vote.Vote.View,
        ConsensusMessage known => ValidatorProcess.VoteOf(known)?.View ?? 0,
        _ => 0,
    };
}
