using System.Text.Json;
using Azure;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.Bindings;

/// <summary>Output bindings: https://docs.dapr.io/reference/api/bindings_api/.</summary>
internal sealed class BindingsApi(StorageQueues queues, ResiliencyPolicies policies) : IBuildingBlock
{
    public Task? Handle(ApiCall call) => call.Segments switch
    {
        ["v1.0", "bindings", var name] when call.IsWrite => InvokeAsync(call, name),
        _ => null,
    };

    private async Task InvokeAsync(ApiCall call, string name)
    {
        if (call.App.Find(name, "bindings.") is not { } component || !BindingDirection.Writes(component))
        {
            throw new ApiException(500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: couldn't find output binding {name}");
        }

        var body = await call.ReadJsonAsync();
        var operation = body.ValueKind == JsonValueKind.Object && body.TryGetProperty("operation", out var given) ? given.GetString() : null;
        if (component.Type != StorageQueue.ComponentType || operation != "create")
        {
            throw new ApiException(500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: binding {name} does not support operation '{operation}'; it supports create");
        }

        var data = body.TryGetProperty("data", out var found) ? found : default;
        try
        {
            await PolicyRunner.RunAsync(policies.ForComponentOutbound(name), token => SendAsync(queues[component], data, Metadata(body), token), _ => false, error => error is RequestFailedException or TimeoutException, call.Aborted);
        }
        catch (Exception error) when (error is RequestFailedException or AggregateException or TimeoutException or CircuitOpenException or FormatException)
        {
            throw new ApiException(500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: {error.Message.Split('\n')[0]}", error);
        }

        await call.NoContentAsync();
    }

    private static async Task<bool> SendAsync(StorageQueue queue, JsonElement data, Dictionary<string, string> metadata, CancellationToken cancellation)
    {
        await queue.SendAsync(data, metadata, cancellation);
        return true;
    }

    private static Dictionary<string, string> Metadata(JsonElement body) =>
        body.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            ? metadata.EnumerateObject().ToDictionary(item => item.Name, item => item.Value.ToString(), StringComparer.OrdinalIgnoreCase)
            : [];
}
