using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.FaultMatrix;

/// <summary>
/// Each part of the network is killed while requests are at each step of their way. Afterwards every client that repeats its request
/// gets its answer, the sum of the charges is the sum of the answers' costs to the unit, and nothing stays reserved.
/// </summary>
/// <remarks>
/// The steps are those of ARCHITECTURE.md's "Complete Request Lifecycle". At the moment of the kill the registry is frozen, so that no
/// request can leave its step: one is unpaid (1), those just sent wait for their reservation while nodes are chosen and begin (2 to 5), a
/// stream is in the middle (6) and its first node has just died (7), an answer is being kept and another was charged a moment ago (8).
/// </remarks>
[Collection(FragileNetwork.Name)]
public sealed class FaultMatrixTests(FragileNetwork shared)
{
    private const string Gateway = "gateway-text";
    private const string GatewayStream = "stream-text";

    /// <summary>Well below the two minutes for which a reservation would stay: what a dead gateway held is not waited for.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public Task Client_dies() => DriveAsync(Gateway, static requests => Task.WhenAll(requests.Select(static request => request.DieAsync().AsTask())));

    [Fact]
    public Task Node_dies() => DriveAsync(Gateway, _ => Kill(() => shared.Network.Workers().Where(static worker => worker.ProcessId is not null).ToList()
        .ForEach(worker => shared.Network.KillApp(worker.AppId))));

    [Fact]
    public Task Gateway_dies() => DriveAsync(Gateway, _ => Kill(() => shared.Network.KillApp(Gateway)));

    [Fact]
    public Task Streaming_gateway_dies() => DriveAsync(GatewayStream, _ => Kill(() => shared.Network.KillApp(GatewayStream)));

    [Fact]
    public Task Registry_dies() => DriveAsync(Gateway, _ => Kill(() => shared.Network.KillApp("registry")));

    [Fact]
    public Task Local_runtime_dies() => DriveAsync(Gateway, _ => Kill(shared.Network.KillRuntime), shared.Network.UpAsync);

    private static Task Kill(Action kill)
    {
        kill();
        return Task.CompletedTask;
    }

    private async Task DriveAsync(string appId, Func<IReadOnlyList<KeyedRequest>, Task> kill, Func<Task>? mend = null)
    {
        var before = await shared.Account.ReadSettledAsync(Soon);
        using var entrance = new Entrance(shared.Network, appId);
        KeyedRequest[] requests =
        [
            Ask("Count from 1 to 60", 400, isStream: true), Ask("What is 1 + 8?", 64, isStream: true), Ask("What is 1 + 9?", 64, isStream: true),
            Ask("What is 1 + 5?"), Ask("What is 1 + 3?"), Ask("What is 1 + 2?"), Ask("What is 1 + 1?"),
        ];
        try
        {
            await KillInTheMiddleAsync(entrance, requests, before, kill);
            await (mend?.Invoke() ?? Task.CompletedTask);
            await CheckAsync(requests, before);
            await shared.Network.WaitUntilWholeAsync();
        }
        finally
        {
            await Task.WhenAll(requests.Select(static request => request.DisposeAsync().AsTask()));
        }

        KeyedRequest Ask(string question, int maxTokens = 64, bool isStream = false) => new(shared.Account, entrance, question, maxTokens, isStream);
    }

    private async Task KillInTheMiddleAsync(Entrance entrance, KeyedRequest[] requests, TokenAmount before, Func<IReadOnlyList<KeyedRequest>, Task> kill)
    {
        // It covers all of them together, in whatever order they arrive.
        var voucher = before + (KeyedRequest.Ceiling * (ulong)requests.Length);
        await requests[0].ReadAsync(voucher, 5);
        await requests[1].FinishAsync(voucher);
        if (await Operators.BusyWorkerAsync(shared.Network) is { } busy)
        {
            shared.Network.KillApp(busy.AppId);
        }

        await requests[2].ReadAsync(voucher, 1);
        var admitted = await entrance.AdmittedAsync();
        using var registry = shared.Network.Freeze("registry");
        requests[3].Send(voucher);
        requests[4].Send(voucher);
        requests[5].Send(voucher);
        await Poll.UntilAsync("three wait for their reservation", async () => await entrance.AdmittedAsync() >= admitted + 3);
        requests[6].Send(null);
        await kill(requests);
    }

    private async Task CheckAsync(KeyedRequest[] requests, TokenAmount before)
    {
        var answers = await Task.WhenAll(requests.Select(static async request => (request.Heard, Answer: await request.RepeatAsync())));
        Assert.All(answers, static answer => Assert.StartsWith(answer.Heard, answer.Answer.Text, StringComparison.Ordinal));
        Assert.All(answers, static answer => Assert.True(answer.Answer.Cost > TokenAmount.Zero, "An answer cost nothing."));
        var owed = answers.Aggregate(before, static (sum, answer) => sum + answer.Answer.Cost);
        Assert.Equal(owed, await shared.Account.ReadSettledAsync(Soon));
        await Task.WhenAll(requests.Select(static request => request.RepeatAsync()));
        Assert.Equal(owed, await shared.Account.ReadSettledAsync(Soon));
    }
}
