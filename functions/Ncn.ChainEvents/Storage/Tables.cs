using Azure.Data.Tables;
using Azure.Identity;

namespace Ncn.ChainEvents.Storage;

/// <summary>The app's tables, made when they are first used.</summary>
public sealed class Tables
{
    private readonly TableServiceClient _service;
    private readonly Dictionary<string, Task<TableClient>> _tables = [];
    private readonly Lock _making = new();

    /// <param name="account">The setting Ncn:Tables: a connection string, or an https address, which is reached with the app's identity in Azure.</param>
    public Tables(string account) => _service = account.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        ? new TableServiceClient(new Uri(account), new DefaultAzureCredential())
        : new TableServiceClient(account);

    /// <summary>How far the chain's events were read.</summary>
    public Task<TableClient> Cursor() => GetAsync("chaincursor");

    /// <summary>The operator's transactions.</summary>
    public Task<TableClient> Transactions() => GetAsync("transactions");

    /// <summary>The operator's claims.</summary>
    public Task<TableClient> Settlements() => GetAsync("settlements");

    private Task<TableClient> GetAsync(string name)
    {
        lock (_making)
        {
            // A table that could not be made is tried again by the next who wants it.
            return _tables.TryGetValue(name, out var made) && !made.IsFaulted && !made.IsCanceled ? made : _tables[name] = MakeAsync(name);
        }
    }

    private async Task<TableClient> MakeAsync(string name)
    {
        var table = _service.GetTableClient(name);
        await table.CreateIfNotExistsAsync();
        return table;
    }
}
