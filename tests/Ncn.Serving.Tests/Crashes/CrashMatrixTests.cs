using System.Collections.Concurrent;
using Ncn.Protocol;
using Ncn.Serving.Tests.Routing;
using Xunit.Abstractions;

namespace Ncn.Serving.Tests.Crashes;

/// <summary>
/// Somebody dies at every point of a paid request's way: before and after each call of an actor, each read of the chain, each piece that
/// goes to the client, and whatever a node does. The client that repeats its request gets the answer, pays for it once to the unit,
/// and nothing stays held.
/// </summary>
/// <remarks>
/// The points are not listed here: an undisturbed run is watched, and each point that it passes is one death. The streamed answer is
/// begun by a node that dies in its middle, so that its way has all of the steps 1 to 8.
/// </remarks>
public sealed class CrashMatrixTests(ITestOutputHelper output)
{
    private const int Lanes = 6;

    [Theory]
    [InlineData(Victim.Client, true)]
    [InlineData(Victim.Gateway, true)]
    [InlineData(Victim.Registry, true)]
    [InlineData(Victim.Node, true)]
    [InlineData(Victim.Everything, true)]
    [InlineData(Victim.Gateway, false)]
    [InlineData(Victim.Registry, false)]
    public async Task A_request_survives_a_death_at_any_point_and_is_paid_once(Victim victim, bool isStream)
    {
        var (points, cost) = await OnNodesAsync(static (nodes, signer, of) => new CrashTrial(nodes, signer, of.Victim, of.IsStream, fatal: null).RunAsync(), (victim, isStream));
        var steps = CrashSteps.Of(points);
        Assert.Equal(isStream ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2, 3, 4, 5, 6, 8], steps.Distinct());
        for (var i = 0; i < points.Count; i++)
        {
            output.WriteLine($"step {steps[i]}: {victim} dies: {points[i]}");
        }

        var left = new ConcurrentQueue<int>(Enumerable.Range(0, points.Count));
        var survived = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => OnNodesAsync(
            async (nodes, signer, of) =>
            {
                while (left.TryDequeue(out var point))
                {
                    var trial = new CrashTrial(nodes, signer, of.Victim, of.IsStream, points[point]);
                    await SurviveAsync(trial, points[point], cost);
                    if (trial.WasFatal)
                    {
                        survived.Add(steps[point]);
                    }
                }

                return true;
            },
            (victim, isStream))));
        Assert.Equal(steps.Distinct(), survived.Distinct().Order());
    }

    private static async Task SurviveAsync(CrashTrial trial, string fatal, TokenAmount cost)
    {
        try
        {
            Assert.Equal(cost, (await trial.RunAsync()).Cost);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"At '{fatal}': {failure.Message}", failure);
        }
    }

    private static async Task<T> OnNodesAsync<T>(Func<ScriptedNode[], Signer, (Victim Victim, bool IsStream), Task<T>> run, (Victim, bool) of)
    {
        var nodes = await RoutedGateway.StartNodesAsync(2);
        using var signer = new Signer(Enumerable.Repeat((byte)4, 32).ToArray());
        try
        {
            return await run(nodes, signer, of);
        }
        finally
        {
            await Task.WhenAll(nodes.Select(static node => node.DisposeAsync().AsTask()));
        }
    }
}
