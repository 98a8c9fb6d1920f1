using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Coordination.Dispatch;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Serving.Routing;

/// <summary>Tells the subnet how far this process takes nodes at their word, so that its other gateways need not find it out for themselves.</summary>
public sealed class NodeVerdicts(TimeProvider time, ILogger<NodeVerdicts> log)
{
    private const int MostAtOnce = 64;
    private const uint LeastDifference = 50;
    private static readonly TimeSpan Repeat = TimeSpan.FromMinutes(2);

    // One voice for each process: two instances of a gateway have the same key and see different things.
    private readonly string _name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly Dictionary<Address, (uint Score, long At)> _told = [];
    private Task _underWay = Task.CompletedTask;

    /// <summary>Sends what has changed since it was told, beside whoever calls; one sending at a time, and calls do not overlap.</summary>
    internal void Tell(ISubnetActor subnet, DispatchState state)
    {
        if (!_underWay.IsCompleted)
        {
            return;
        }

        var news = state.Health.Where(IsNews).OrderBy(static entry => entry.Value.Candour).Take(MostAtOnce)
            .Select(static entry => new NodeScore(entry.Key, entry.Value.Candour)).ToArray();
        if (news.Length > 0)
        {
            _underWay = SendAsync(subnet, news);
        }
    }

    private bool IsNews(KeyValuePair<Address, NodeHealth> entry)
    {
        var known = _told.TryGetValue(entry.Key, out var told);
        var score = entry.Value.Candour;
        return known
            ? Math.Max(score, told.Score) - Math.Min(score, told.Score) >= LeastDifference
                || (score < CapacityScore.Full && time.GetElapsedTime(told.At) >= Repeat)
            : CapacityScore.Full - score >= LeastDifference;
    }

    private async Task SendAsync(ISubnetActor subnet, NodeScore[] news)
    {
        try
        {
            await subnet.JudgeAsync(new NodeJudgements(_name, news));
            foreach (var score in news)
            {
                _told[score.Node] = (score.Score, time.GetTimestamp());
            }

            foreach (var healed in _told.Where(static entry => entry.Value.Score >= CapacityScore.Full - LeastDifference).Select(static entry => entry.Key).ToArray())
            {
                _told.Remove(healed);
            }
        }
        catch (Exception unreachable)
        {
            log.LogWarning("The subnet was not told how {Nodes} nodes keep their word; it is told again: {Reason}", news.Length, unreachable.Message);
        }
    }
}
