using System.Text.Json;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.State;

/// <summary>The state API: https://docs.dapr.io/reference/api/state_api/.</summary>
internal sealed class StateApi(StateStores stores) : IBuildingBlock
{
    private const int MostBulkKeys = 1000;

    public Task? Handle(ApiCall call) => call.Segments switch
    {
        ["v1.0", "state", var store, "bulk"] when call.IsWrite => GetBulkAsync(call, Open(call, store)),
        ["v1.0", "state", var store, "transaction"] when call.IsWrite => TransactAsync(call, Open(call, store)),
        ["v1.0", "state", var store] when call.IsWrite => SaveAsync(call, Open(call, store)),
        ["v1.0", "state", var store, var key] when call.IsGet => GetAsync(call, Open(call, store), key),
        ["v1.0", "state", var store, var key] when call.IsDelete => DeleteAsync(call, Open(call, store), key),
        _ => null,
    };

    private OpenStore Open(ApiCall call, string name)
    {
        var component = call.App.Find(name, "state.")
            ?? throw new ApiException(400, "ERR_STATE_STORE_NOT_FOUND", $"state store {name} is not found");
        return new OpenStore(component, stores[component], StateKeys.PrefixFor(component, call.App.AppId));
    }

    private static async Task SaveAsync(ApiCall call, OpenStore open)
    {
        var body = await call.ReadJsonAsync();
        var operations = Parse(() => StateRequests.ParseSave(body, open.ToKey, StateRequests.ParseTtl(call.Metadata().GetValueOrDefault("ttlInSeconds"))));
        // The API saves each item on its own: one that fails does not undo the others.
        var writes = operations.Select(operation => open.Store.TransactAsync([operation])).ToList();
        await RunAsync(Task.WhenAll(writes), 409, "ERR_STATE_SAVE", $"failed saving state in state store {open.Component.Name}");
        await call.NoContentAsync();
    }

    private static Task GetAsync(ApiCall call, OpenStore open, string key)
    {
        Parse(() => StateRequests.CheckConsistency(call.Query("consistency")));
        if (open.Store.Get(Parse(() => open.ToKey(key))) is not { } item)
        {
            return call.NoContentAsync();
        }

        call.Context.Response.Headers.ETag = item.ETag;
        AddExpiry(call, item);
        return call.BytesAsync(200, "application/json", item.Value);
    }

    private static async Task GetBulkAsync(ApiCall call, OpenStore open)
    {
        var body = await call.ReadJsonAsync();
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() > MostBulkKeys)
        {
            throw ApiException.Malformed($"the body is not {{\"keys\":[…]}} with at most {MostBulkKeys} keys");
        }

        var names = keys.EnumerateArray().Select(key => key.GetString() ?? "").ToList();
        await call.JsonAsync(names.Select(name => Describe(name, open.Store.Get(Parse(() => open.ToKey(name))))));
    }

    private static async Task DeleteAsync(ApiCall call, OpenStore open, string key)
    {
        var ifMatch = call.Header("If-Match")?.Trim('"');
        var operation = Parse(() =>
        {
            StateRequests.CheckConsistency(call.Query("consistency"));
            return new Delete(open.ToKey(key), string.IsNullOrEmpty(ifMatch) ? null : ifMatch, StateRequests.ParseFirstWrite(call.Query("concurrency")));
        });
        await RunAsync(open.Store.TransactAsync([operation]), 409, "ERR_STATE_DELETE", $"failed deleting state with key {key}");
        await call.NoContentAsync();
    }

    private static async Task TransactAsync(ApiCall call, OpenStore open)
    {
        var body = await call.ReadJsonAsync();
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("operations", out var items))
        {
            throw ApiException.Malformed("the body has no operations");
        }

        var operations = Parse(() => StateRequests.ParseTransaction(items, open.ToKey));
        await RunAsync(open.Store.TransactAsync(operations), 500, "ERR_STATE_TRANSACTION", "error while executing state transaction");
        await call.NoContentAsync();
    }

    private static Dictionary<string, object> Describe(string name, StateItem? item)
    {
        var described = new Dictionary<string, object> { ["key"] = name };
        if (item is not null)
        {
            described["data"] = JsonSerializer.Deserialize<JsonElement>(item.Value);
            described["etag"] = item.ETag;
        }

        return described;
    }

    internal static void AddExpiry(ApiCall call, StateItem item)
    {
        if (item.Expires is { } expires)
        {
            call.Context.Response.Headers["Metadata.ttlExpireTime"] = expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static async Task RunAsync(Task write, int mismatchStatus, string code, string what)
    {
        try
        {
            await write;
        }
        catch (ETagMismatchException error)
        {
            throw new ApiException(mismatchStatus, code, $"{what}: {error.Message}", error);
        }
        catch (Microsoft.Data.Sqlite.SqliteException error)
        {
            throw new ApiException(500, code, $"{what}: {error.Message}", error);
        }
    }

    private static void Parse(Action parse) => Parse(() =>
    {
        parse();
        return true;
    });

    private static T Parse<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (FormatException error)
        {
            throw ApiException.Malformed(error.Message);
        }
    }

    private sealed record OpenStore(Component Component, StateStore Store, Func<string, string> ToKey);
}
