using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Ncn.Chain.Tests.Support;

/// <summary>What a test does to anvil behind the component's back.</summary>
internal sealed class Anvil(Uri url)
{
    private static readonly HttpClient Http = new();

    internal async Task<JsonNode?> AskAsync(string method, params JsonNode?[] parameters)
    {
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = new JsonArray([.. parameters.Select(node => node?.DeepClone())]) };
        using var response = await Http.PostAsJsonAsync(url, request);
        var answer = (await response.Content.ReadFromJsonAsync<JsonNode>())!;
        Assert.Null(answer["error"]);
        return answer["result"];
    }

    /// <summary>Blocks come only when asked for, until the returned thing is disposed.</summary>
    internal async Task<IAsyncDisposable> PauseMiningAsync()
    {
        await AskAsync("evm_setAutomine", false);
        return new Resumption(this);
    }

    internal Task MineAsync() => AskAsync("evm_mine");

    internal async Task DropAsync(string transaction) => await AskAsync("anvil_dropTransaction", transaction);

    internal async Task<int> CountAsync(string account, string block = "latest") =>
        Convert.ToInt32((string)(await AskAsync("eth_getTransactionCount", account, block))!, 16);

    private sealed class Resumption(Anvil anvil) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await anvil.AskAsync("evm_setAutomine", true);
            await anvil.MineAsync();
        }
    }
}
