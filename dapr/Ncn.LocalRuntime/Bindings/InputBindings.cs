using System.Collections.Concurrent;
using Azure;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.Bindings;

/// <summary>
/// Input bindings: for each app and each binding in its scope one reader, which hands over one message at a time while
/// the app answers, and takes it from the queue only after a 2xx. Its visibility is not extended meanwhile, as in Dapr.
/// </summary>
internal sealed class InputBindings(StorageQueues queues, ResiliencyPolicies policies, TimeProvider time, CancellationToken stopping)
{
    private readonly ConcurrentDictionary<(AppInstance, string), bool> reading = new();

    public void Start(AppInstance app)
    {
        foreach (var component in app.Components.Where(component => app.Channel.Exists && component.Type is StorageQueue.ComponentType or "bindings.cron"))
        {
            _ = Task.Run(() => ReadAsync(app, component), CancellationToken.None);
        }
    }

    private async Task ReadAsync(AppInstance app, Component component)
    {
        var life = app.Presence;
        if (life is null || !await IsWantedAsync(app, component) || !reading.TryAdd((app, component.Name), true))
        {
            return;
        }

        try
        {
            // A reader survives restarts of its app: it waits while there is nobody to hand over to.
            await (component.Type == "bindings.cron" ? RunCronAsync(app, component) : RunQueueAsync(app, component, queues[component]));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            RuntimeLog.Write(app.AppId, $"no more messages from {component.Name}");
        }
        finally
        {
            reading.TryRemove((app, component.Name), out _);
        }
    }

    private static string RouteOf(Component component) => component.Get("route", component.Name);

    private async Task<bool> IsWantedAsync(AppInstance app, Component component)
    {
        if (BindingDirection.Reads(component) is { } reads)
        {
            return reads;
        }

        try
        {
            var answer = await app.Channel.ExchangeAsync(HttpMethod.Options, RouteOf(component), null, null, null, stopping);
            return answer.Status != 404;
        }
        catch (HttpRequestException error)
        {
            RuntimeLog.Write(app.AppId, $"asked whether it reads {component.Name}: {error.Message}");
            return false;
        }
    }

    private async Task RunQueueAsync(AppInstance app, Component component, StorageQueue queue)
    {
        while (true)
        {
            if (app.Presence is null || !await TryReadOneAsync(app, component, queue))
            {
                await Task.Delay(queue.PollingInterval, time, stopping);
            }
        }
    }

    private async Task<bool> TryReadOneAsync(AppInstance app, Component component, StorageQueue queue)
    {
        try
        {
            if (await queue.ReceiveAsync(stopping) is not { } item)
            {
                return false;
            }

            if (await HandOverAsync(app, component, item.Body, item.Headers))
            {
                await queue.DeleteAsync(item, stopping);
            }

            return true;
        }
        catch (Exception error) when (error is RequestFailedException or AggregateException && !stopping.IsCancellationRequested)
        {
            RuntimeLog.Write(app.AppId, $"binding {component.Name}: {error.Message.Split('\n')[0]}");
            return false;
        }
    }

    private async Task RunCronAsync(AppInstance app, Component component)
    {
        var schedule = CronSchedule.Parse(component.Require("schedule"));
        while (schedule.Next(time.GetUtcNow()) is { } next)
        {
            await Actors.LongDelay.UntilAsync(next, time, stopping);
            if (app.Presence is not null)
            {
                await HandOverAsync(app, component, [], [new("readTimeUTC", time.GetUtcNow().UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture)), new("timeZone", "UTC")]);
            }
        }
    }

    private async Task<bool> HandOverAsync(AppInstance app, Component component, byte[] body, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        try
        {
            var answer = await PolicyRunner.RunAsync(
                policies.ForComponentInbound(component.Name),
                token => app.Channel.ExchangeAsync(HttpMethod.Post, RouteOf(component), body, "application/json", headers, token),
                answer => !answer.IsSuccess,
                error => error is HttpRequestException or TimeoutException,
                stopping);
            if (!answer.IsSuccess)
            {
                RuntimeLog.Write(app.AppId, $"binding {component.Name}: the app answered {answer.Status}; the message comes back");
            }

            return answer.IsSuccess;
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutException or CircuitOpenException)
        {
            RuntimeLog.Write(app.AppId, $"binding {component.Name}: {error.Message}; the message comes back");
            return false;
        }
    }
}
