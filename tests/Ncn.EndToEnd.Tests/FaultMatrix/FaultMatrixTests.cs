using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.FaultMatrix;

/// <summary>
/// Each part of the network is killed while requests are at each of the steps of design section 6. Afterwards every client that repeats
/// its request gets its answer, the sum of the charges is the sum of the answers' costs to the unit, and nothing stays reserved.
/// </summary>
/// <remarks>
/// At the moment of the kill there are: a request without payment (step 1), a paid one just sent (2), one whose ceiling is being held (3),
/// one that a node was chosen for and that it runs (4, 5), a stream in the middle (6), a stream whose node has just died (7), and one
/// whose last word the client has (8).
/// </remarks>
[Collection(FragileNetwork.Name)]
public sealed class FaultMatrixTests(FragileNetwork shared)
{
    private const string Long = "Count from 1 to 60";

    /// <summary>Well below the two minutes for which a reservation would stay: what a dead gateway held is not waited for.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public Task Client_dies() => KillAsync(static () => { }, static () => Task.CompletedTask, killsNode: false, clientDies: true);

    [Fact]
    public Task Node_dies() => KillAsync(static () => { }, shared.Network.WaitUntilWholeAsync, killsNode: true);

    [Fact]
    public Task Gateway_dies() => KillAsync(() => shared.Network.KillApp("gateway-text"), shared.Network.WaitUntilWholeAsync, killsNode: true);

    [Fact]
    public Task Registry_dies() => KillAsync(() => shared.Network.KillApp("registry"), shared.Network.WaitUntilWholeAsync, killsNode: false);

    [Fact]
    public Task Local_runtime_dies() => KillAsync(shared.Network.KillRuntime, shared.Network.UpAsync, killsNode: false);

    private async Task KillAsync(Action kill, Func<Task> mend, bool killsNode, bool clientDies = false)
    {
        var before = await shared.Account.ReadSettledAsync(Soon);
        KeyedRequest[] requests =
        [
            new(shared, Long, 400, isStream: true), new(shared, "What is 1 + 8?", 64, isStream: true), new(shared, "What is 1 + 5?", 64, isStream: false),
            new(shared, "What is 1 + 3?", 64, isStream: false), new(shared, "What is 1 + 2?", 64, isStream: false), new(shared, "What is 1 + 1?", 64, isStream: false),
        ];
        try
        {
            await DriveAsync(requests, before, killsNode);
            await (clientDies ? requests[0].DieAsync() : ValueTask.CompletedTask);
            kill();
            await mend();
            await CheckAsync(requests, before);
        }
        finally
        {
            await Task.WhenAll(requests.Select(static request => request.DisposeAsync().AsTask()));
        }
    }

    private async Task DriveAsync(KeyedRequest[] requests, TokenAmount before, bool killsNode)
    {
        await requests[0].ReadAsync(Total(0), 5);
        await requests[1].FinishAsync(Total(1));
        if (killsNode && await Operators.BusyWorkerAsync(shared.Network) is { } busy)
        {
            shared.Network.KillApp(busy.AppId);
        }

        requests[2].Send(Total(2));
        requests[3].Send(Total(3));
        requests[4].Send(Total(4));
        requests[5].Send(null);

        TokenAmount Total(int index) => before + (KeyedRequest.Ceiling * (ulong)(index + 1));
    }

    private async Task CheckAsync(KeyedRequest[] requests, TokenAmount before)
    {
        var owed = TokenAmount.Zero;
        foreach (var request in requests)
        {
            var (text, cost) = await request.RepeatAsync();
            Assert.StartsWith(request.Heard, text, StringComparison.Ordinal);
            Assert.True(cost > TokenAmount.Zero, "An answer cost nothing.");
            owed += cost;
        }

        Assert.Equal(before + owed, await shared.Account.ReadSettledAsync(Soon));
        foreach (var request in requests)
        {
            await request.RepeatAsync();
        }

        Assert.Equal(before + owed, await shared.Account.ReadSettledAsync(Soon));
    }
}
