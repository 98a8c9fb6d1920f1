using System.Globalization;
using Azure.Core;

namespace Azure.Data.Tables;

public partial class TableClient
{
    /// <summary>The entities that an OData filter admits, in the order of their keys, read page by page as the caller goes on.</summary>
    public virtual AsyncPageable<T> QueryAsync<T>(
        string? filter = null, int? maxPerPage = null, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity => new EntityPages<T>(this, filter, maxPerPage, select, cancellationToken);

    private string QueryPath(string? filter, int? maxPerPage, IEnumerable<string>? select, string? continuation)
    {
        var options = new List<string>();
        Add(options, "$filter", filter);
        Add(options, "$top", maxPerPage?.ToString(CultureInfo.InvariantCulture));
        Add(options, "$select", select is null ? null : string.Join(',', select));
        var next = (continuation ?? "").Split(' ', 2);
        Add(options, "NextPartitionKey", next[0]);
        Add(options, "NextRowKey", next.ElementAtOrDefault(1));
        return $"{Name}()?{string.Join('&', options)}";
    }

    private static void Add(List<string> options, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            options.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }

    private sealed class EntityPages<T>(TableClient table, string? filter, int? maxPerPage, IEnumerable<string>? select, CancellationToken cancellationToken)
        : AsyncPageable<T>(cancellationToken)
        where T : class, ITableEntity
    {
        public override async IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
        {
            do
            {
                var page = await ReadAsync(continuationToken, pageSizeHint ?? maxPerPage).ConfigureAwait(false);
                continuationToken = page.ContinuationToken;
                yield return page;
            }
            while (continuationToken is not null);
        }

        private async Task<Page<T>> ReadAsync(string? continuation, int? size)
        {
            var message = table.channel.Create(RequestMethod.Get, table.QueryPath(filter, size, select, continuation));
            var response = await table.channel.SendAsync(message, null, CancellationToken).ConfigureAwait(false);
            using var json = TableChannel.Parse(response);
            T[] entities = [.. json.RootElement.GetProperty("value").EnumerateArray().Select(EntityJson.Read<T>)];
            return Page<T>.FromValues(entities, Next(response), response);
        }

        private static string? Next(Response response)
        {
            if (!response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition))
            {
                return null;
            }

            return response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var row) ? $"{partition} {row}" : partition;
        }
    }
}
