using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

public class TableServiceClient
{
    private readonly TableChannel channel = null!;

    protected TableServiceClient()
    {
    }

    public TableServiceClient(string connectionString)
        : this(TableChannel.Open(connectionString, null))
    {
    }

    public TableServiceClient(string connectionString, TableClientOptions? options = null)
        : this(TableChannel.Open(connectionString, options))
    {
    }

    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential)
        : this(TableChannel.Open(endpoint, credential, null))
    {
    }

    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions? options = null)
        : this(TableChannel.Open(endpoint, tokenCredential, options))
    {
    }

    internal TableServiceClient(TableChannel channel) => this.channel = channel;

    public virtual Uri Uri => channel.Endpoint;

    public virtual string AccountName => channel.AccountName;

    public virtual TableClient GetTableClient(string tableName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tableName);
        return new TableClient(channel, tableName);
    }

    /// <exception cref="RequestFailedException">409 TableAlreadyExists, among others.</exception>
    public virtual Task<Response<TableItem>> CreateTableAsync(string tableName, CancellationToken cancellationToken = default) =>
        GetTableClient(tableName).CreateAsync(cancellationToken);

    public virtual Task<Response<TableItem>> CreateTableIfNotExistsAsync(string tableName, CancellationToken cancellationToken = default) =>
        GetTableClient(tableName).CreateIfNotExistsAsync(cancellationToken);

    /// <summary>A table that is not there is no error: the status is then 404.</summary>
    public virtual Task<Response> DeleteTableAsync(string tableName, CancellationToken cancellationToken = default) =>
        GetTableClient(tableName).DeleteAsync(cancellationToken);
}
