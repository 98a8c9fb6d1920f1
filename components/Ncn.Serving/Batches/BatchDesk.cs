using System.Text;
using System.Text.Json;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Batches;

/// <summary>Where batches are found: their actors by id, an account's by name, and the open ones by a mark that the runner looks for.</summary>
public sealed class BatchDesk(IObjectStore store, IActorProxyFactory actors, TimeProvider time)
{
    private static readonly Dictionary<string, string> NoTags = [];

    public IBatchActor Actor(RequestId batch) => actors.CreateActorProxy<IBatchActor>(ActorTypes.IdOf(batch), ActorTypes.Batch);

    /// <summary>Marks a batch as open, with what each of its lines may cost, before it is created: a mark without a batch is removed again.</summary>
    public async Task OpenAsync(RequestId batch, string account, IReadOnlyList<TokenAmount> ceilings, DateTimeOffset keptUntil, CancellationToken cancellationToken)
    {
        using var plan = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(ceilings, ProtocolJson.Options));
        await store.WriteAsync(OpenName(batch), plan, NoTags, cancellationToken);
        using var empty = new MemoryStream();
        var tags = new Dictionary<string, string>(StringComparer.Ordinal) { ["expires"] = $"{keptUntil.ToUnixTimeSeconds()}" };
        await store.WriteAsync($"batches/{account}/{StoredFile.Inverted(time.GetUtcNow())}{BatchObject.IdOf(batch)}", empty, tags, cancellationToken);
    }

    /// <summary>The batches that are not done, and since when.</summary>
    public async Task<IReadOnlyList<(RequestId Batch, DateTimeOffset Since)>> ListOpenAsync(CancellationToken cancellationToken)
    {
        var open = new List<(RequestId, DateTimeOffset)>();
        await foreach (var mark in store.ListAsync("open/", cancellationToken))
        {
            if (BatchObject.Read(mark.Name["open/".Length..]) is { } batch)
            {
                open.Add((batch, mark.CreatedAt));
            }
        }

        return open;
    }

    /// <summary>What each line may cost.</summary>
    public async Task<IReadOnlyList<TokenAmount>> ReadCeilingsAsync(RequestId batch, CancellationToken cancellationToken)
    {
        await using var plan = await store.OpenAsync(OpenName(batch), cancellationToken)
            ?? throw new InvalidOperationException($"The plan of batch {batch} is gone.");
        return await JsonSerializer.DeserializeAsync<TokenAmount[]>(plan, ProtocolJson.Options, cancellationToken) ?? [];
    }

    /// <summary>The batch has ended, or never was.</summary>
    public async Task CloseAsync(RequestId batch, CancellationToken cancellationToken)
    {
        await store.DeleteAsync(StagedName(batch), cancellationToken);
        await store.DeleteAsync(OpenName(batch), cancellationToken);
    }

    /// <summary>An account's batches, the newest first.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(string account, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        await foreach (var entry in store.ListAsync($"batches/{account}/", cancellationToken))
        {
            ids.Add(entry.Name[entry.Name.IndexOf("batch_", StringComparison.Ordinal)..]);
        }

        return ids;
    }

    /// <summary>A batch of this account; throws 404 when there is none.</summary>
    public async Task<(RequestId Batch, BatchResult Result)> FindAsync(string account, string id)
    {
        if (BatchObject.Read(id) is { } batch && await Actor(batch).GetAsync() is { Spec: { } spec } result && spec.Account == account)
        {
            return (batch, result);
        }

        throw new ApiException(new ApiError(404, "batch_not_found", $"There is no batch {id} of this account.", "id"));
    }

    /// <summary>Results of lines, kept until the files are written.</summary>
    public Task StageAsync(RequestId batch, IEnumerable<string> rows, CancellationToken cancellationToken) =>
        store.AppendAsync(StagedName(batch), Encoding.UTF8.GetBytes(string.Concat(rows.Select(static row => row + "\n"))), cancellationToken);

    /// <summary>The results kept so far, in the order in which they came; a line can be there twice.</summary>
    public async IAsyncEnumerable<StagedRow> ReadStagedAsync(
        RequestId batch, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var staged = await store.OpenAsync(StagedName(batch), cancellationToken);
        using var reader = new StreamReader(staged ?? Stream.Null);
        while (await reader.ReadLineAsync(cancellationToken) is { } text)
        {
            yield return JsonSerializer.Deserialize<StagedRow>(text, ProtocolJson.Options)!;
        }
    }

    private static string OpenName(RequestId batch) => "open/" + BatchObject.IdOf(batch);

    private static string StagedName(RequestId batch) => "staged/" + BatchObject.IdOf(batch);
}

/// <summary>One line's result.</summary>
/// <param name="Row">What the file will have.</param>
public sealed record StagedRow(int Line, bool IsSuccess, TokenAmount Charged, JsonElement Row);
