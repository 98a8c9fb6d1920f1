using System.Text;

namespace Ncn.LocalRuntime.Sidecars;

/// <summary>Health and metadata: https://docs.dapr.io/reference/api/health_api/ and /metadata_api/.</summary>
internal sealed class MetadataApi(Func<AppInstance, IReadOnlyDictionary<string, int>> activeActors) : IBuildingBlock
{
    private const string ImitatedVersion = "1.16.4";

    public Task? Handle(ApiCall call) => call.Segments switch
    {
        ["v1.0", "healthz", "outbound"] when call.IsGet => call.NoContentAsync(),
        ["v1.0", "healthz"] when call.IsGet => AnswerHealthAsync(call, call.App.AppId),
        ["v1.0", "healthz", var appId] when call.IsGet => AnswerHealthAsync(call, appId),
        ["v1.0", "metadata"] when call.IsGet => call.JsonAsync(Describe(call.App)),
        ["v1.0", "metadata", var key] when call.IsWrite => SetAsync(call, key),
        _ => null,
    };

    private static Task AnswerHealthAsync(ApiCall call, string appId)
    {
        if (appId != call.App.AppId)
        {
            throw new ApiException(500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");
        }

        return call.App.Presence is not null
            ? call.NoContentAsync()
            : throw new ApiException(500, "ERR_HEALTH_NOT_READY", $"dapr is not ready: app {appId} does not answer on port {call.App.Spec.AppPort} yet");
    }

    private static async Task SetAsync(ApiCall call, string key)
    {
        if (call.App.Extended.Count >= 256 && !call.App.Extended.ContainsKey(key))
        {
            throw new ApiException(400, "ERR_METADATA_LIMIT", "at most 256 extended metadata entries");
        }

        call.App.Extended[key] = Encoding.UTF8.GetString(await call.ReadBodyAsync());
        await call.NoContentAsync();
    }

    private object Describe(AppInstance app)
    {
        var actors = activeActors(app).Select(entry => new { type = entry.Key, count = entry.Value }).ToList();
        return new
        {
            id = app.AppId,
            runtimeVersion = ImitatedVersion,
            enabledFeatures = Array.Empty<string>(),
            actors,
            components = app.Components.Select(component => new { name = component.Name, type = component.Type, version = component.Version, capabilities = Capabilities(component.Type) }),
            subscriptions = app.Presence?.Subscriptions.Select(subscription => subscription.Describe()) ?? [],
            extended = app.Extended,
            appConnectionProperties = new { port = app.Spec.AppPort, protocol = "http", channelAddress = "127.0.0.1" },
            actorRuntime = new { runtimeStatus = "RUNNING", hostReady = app.Presence is not null, placement = "placement: connected", activeActors = actors },
        };
    }

    private static string[] Capabilities(string type) => type.Split('.')[0] switch
    {
        "state" => ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"],
        "bindings" => type == "bindings.cron" ? ["INPUT_BINDING"] : ["INPUT_BINDING", "OUTPUT_BINDING"],
        _ => [],
    };
}
