using Azure.Core;

namespace Azure.Data.Tables;

public partial class TableClient
{
    /// <exception cref="RequestFailedException">409 EntityAlreadyExists, among others.</exception>
    public virtual Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        var message = channel.Create(RequestMethod.Post, Name, EntityJson.Write(entity));
        message.Request.Headers.SetValue("Prefer", "return-no-content");
        return channel.SendAsync(message, null, cancellationToken);
    }

    /// <exception cref="RequestFailedException">404 ResourceNotFound, among others.</exception>
    public virtual async Task<Response<T>> GetEntityAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var response = await GetAsync(partitionKey, rowKey, select, null, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(Read<T>(response), response);
    }

    public virtual async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var response = await GetAsync(partitionKey, rowKey, select, 404, cancellationToken).ConfigureAwait(false);
        return response.Status == 404 ? new NoEntity<T>(response) : Response.FromValue(Read<T>(response), response);
    }

    public virtual Task<Response> UpsertEntityAsync<T>(T entity, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
        where T : ITableEntity =>
        channel.SendAsync(WriteMessage(entity, null, mode), null, cancellationToken);

    /// <summary>Updates the entity if its ETag is still <paramref name="ifMatch"/>; <see cref="ETag.All"/> updates it whatever it is.</summary>
    /// <exception cref="RequestFailedException">412 UpdateConditionNotSatisfied, 404 ResourceNotFound, among others.</exception>
    public virtual Task<Response> UpdateEntityAsync<T>(
        T entity, ETag ifMatch, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        if (ifMatch == default)
        {
            throw new ArgumentException("An update needs the entity's ETag, or ETag.All.", nameof(ifMatch));
        }

        return channel.SendAsync(WriteMessage(entity, ifMatch, mode), null, cancellationToken);
    }

    /// <summary>Deletes the entity, whatever it is, unless <paramref name="ifMatch"/> is given. One that is not there is no error: the status is then 404.</summary>
    public virtual Task<Response> DeleteEntityAsync(string partitionKey, string rowKey, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        var message = channel.Create(RequestMethod.Delete, EntityPath(partitionKey, rowKey));
        message.Request.Headers.SetValue("If-Match", (ifMatch == default ? ETag.All : ifMatch).ToString("H"));
        return channel.SendAsync(message, 404, cancellationToken);
    }

    /// <inheritdoc cref="DeleteEntityAsync(string, string, ETag, CancellationToken)"/>
    public virtual Task<Response> DeleteEntityAsync(ITableEntity entity, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return DeleteEntityAsync(entity.PartitionKey, entity.RowKey, ifMatch, cancellationToken);
    }

    private static string EntityPath(string table, string partitionKey, string rowKey)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        return $"{table}(PartitionKey='{Escape(partitionKey)}',RowKey='{Escape(rowKey)}')";
    }

    private static string Escape(string key) => Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));

    private static T Read<T>(Response response)
        where T : class, ITableEntity
    {
        using var json = TableChannel.Parse(response);
        return EntityJson.Read<T>(json.RootElement);
    }

    private string EntityPath(string partitionKey, string rowKey) => EntityPath(Name, partitionKey, rowKey);

    private Task<Response> GetAsync(string partitionKey, string rowKey, IEnumerable<string>? select, int? alsoFine, CancellationToken cancellationToken)
    {
        var chosen = select is null ? "" : "?$select=" + Uri.EscapeDataString(string.Join(',', select));
        return channel.SendAsync(channel.Create(RequestMethod.Get, EntityPath(partitionKey, rowKey) + chosen), alsoFine, cancellationToken);
    }

    private HttpMessage WriteMessage(ITableEntity entity, ETag? ifMatch, TableUpdateMode mode)
    {
        var method = mode == TableUpdateMode.Replace ? RequestMethod.Put : RequestMethod.Patch;
        var message = channel.Create(method, EntityPath(entity.PartitionKey, entity.RowKey), EntityJson.Write(entity));
        if (ifMatch is { } tag)
        {
            message.Request.Headers.SetValue("If-Match", tag.ToString("H"));
        }

        return message;
    }

    private sealed class NoEntity<T>(Response response) : NullableResponse<T>
    {
        public override bool HasValue => false;

        public override T Value => throw new InvalidOperationException("There is no such entity; look at HasValue first.");

        public override Response GetRawResponse() => response;
    }
}
