using System.Text.Json;

namespace Ncn.Cli.Proxy;

/// <summary>Which gateway serves which model: asked of the gateways, kept for two seconds, asked anew for a model that is not known.</summary>
internal sealed class GatewayDirectory(IReadOnlyList<Uri> gateways, HttpClient http, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim asking = new(1);
    private Directory known = new([], null);

    /// <summary>All gateways.</summary>
    public IReadOnlyList<Uri> Gateways => gateways;

    /// <summary>The gateway of a model; null when none serves it.</summary>
    public async Task<Uri?> FindAsync(string model, CancellationToken cancellation)
    {
        var directory = await GetAsync(forModel: model, cancellation);
        return directory.Models.FirstOrDefault(entry => entry.Model.GetProperty("id").ValueEquals(model))?.Gateway;
    }

    /// <summary>The models of all gateways, in the form of GET /v1/models.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(CancellationToken cancellation) =>
        [.. (await GetAsync(forModel: null, cancellation)).Models.Select(entry => entry.Model)];

    public void Dispose() => asking.Dispose();

    private async Task<Directory> GetAsync(string? forModel, CancellationToken cancellation)
    {
        if (IsFresh(known, forModel))
        {
            return known;
        }

        await asking.WaitAsync(cancellation);
        try
        {
            return IsFresh(known, forModel) ? known : known = await AskAllAsync(cancellation);
        }
        finally
        {
            asking.Release();
        }
    }

    private bool IsFresh(Directory directory, string? forModel) =>
        directory.AskedAt is { } askedAt && time.GetElapsedTime(askedAt) < Lifetime
        && (forModel is null || directory.Models.Any(entry => entry.Model.GetProperty("id").ValueEquals(forModel)));

    private async Task<Directory> AskAllAsync(CancellationToken cancellation)
    {
        var lists = await Task.WhenAll(gateways.Select(gateway => AskAsync(gateway, cancellation)));
        return new Directory([.. lists.SelectMany(list => list)], time.GetTimestamp());
    }

    private async Task<IReadOnlyList<Entry>> AskAsync(Uri gateway, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AskLimit);
        try
        {
            using var list = JsonDocument.Parse(await http.GetByteArrayAsync(new Uri(gateway, "v1/models"), limit.Token));
            return [.. list.RootElement.GetProperty("data").EnumerateArray().Select(model => new Entry(gateway, model.Clone()))];
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // A gateway that does not answer serves nothing now; the others still do.
            return [];
        }
    }

    private sealed record Entry(Uri Gateway, JsonElement Model);

    private sealed record Directory(IReadOnlyList<Entry> Models, long? AskedAt);
}
