using System.Net.Sockets;
using System.Text.Json;
using Ncn.LocalRuntime.Actors;
using Ncn.LocalRuntime.Bindings;
using Ncn.LocalRuntime.PubSub;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>
/// Brings an app into the network after each start of its process: 1. wait until its port answers; 2. ask for its actor
/// types and subscriptions; 3. announce it. When the process ends, it is taken out at once.
/// </summary>
internal sealed class AppRunner(AppInstance app, SupervisedProcess process, AppDirectory directory, Broker broker, InputBindings bindings, IReadOnlyList<Subscription> declared)
{
    private static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(40);

    public SupervisedProcess Process => process;

    public AppInstance App => app;

    public void Start()
    {
        process.Started = JoinAsync;
        process.Ended = () => directory.Remove(app);
        process.Start();
    }

    private async Task JoinAsync(CancellationToken life)
    {
        try
        {
            var (actors, subscriptions) = app.Channel.Exists ? await AskAsync(life) : (ActorTypes.None, declared);
            await broker.SubscribeAsync(app.AppId, subscriptions);
            life.ThrowIfCancellationRequested();
            app.Arrive(actors, subscriptions);
            directory.Announce(app);
            bindings.Start(app);
            RuntimeLog.Write(app.AppId, $"ready: {actors.Names.Count} actor types, {subscriptions.Count} subscriptions");
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            // The process ended before it was ready; the supervisor says so.
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            RuntimeLog.Write(app.AppId, $"its configuration is refused, so it gets no messages and no actors: {error.Message}");
        }
    }

    private async Task<(ActorTypes Actors, IReadOnlyList<Subscription> Subscriptions)> AskAsync(CancellationToken life)
    {
        while (true)
        {
            try
            {
                await WaitForPortAsync(app.Spec.AppPort, life);
                var config = await GetAsync("dapr/config", life);
                var subscriptions = await GetAsync("dapr/subscribe", life);
                return (ActorTypes.Parse(config), [.. Subscription.ParseAll(subscriptions), .. declared]);
            }
            catch (HttpRequestException)
            {
                await Task.Delay(ProbePause, life);
            }
        }
    }

    private async Task<byte[]> GetAsync(string path, CancellationToken life)
    {
        var answer = await app.Channel.ExchangeAsync(HttpMethod.Get, path, null, null, null, life);
        return answer.IsSuccess ? answer.Body : [];
    }

    internal static async Task WaitForPortAsync(int port, CancellationToken cancellation)
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(System.Net.IPAddress.Loopback, port, cancellation);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(ProbePause, cancellation);
            }
        }
    }
}
