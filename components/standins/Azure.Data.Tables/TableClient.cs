using System.Text.Json;
using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

public partial class TableClient
{
    private readonly TableChannel channel = null!;

    protected TableClient()
    {
    }

    public TableClient(string connectionString, string tableName)
        : this(TableChannel.Open(connectionString, null), tableName)
    {
    }

    public TableClient(string connectionString, string tableName, TableClientOptions? options = null)
        : this(TableChannel.Open(connectionString, options), tableName)
    {
    }

    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential)
        : this(TableChannel.Open(endpoint, credential, null), tableName)
    {
    }

    public TableClient(Uri endpoint, string tableName, TokenCredential tokenCredential, TableClientOptions? options = null)
        : this(TableChannel.Open(endpoint, tokenCredential, options), tableName)
    {
    }

    internal TableClient(TableChannel channel, string tableName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tableName);
        (this.channel, Name) = (channel, tableName);
    }

    public virtual string Name { get; } = "";

    public virtual string AccountName => channel.AccountName;

    public virtual Uri Uri => new(channel.Address(Name));

    /// <summary>Makes a filter of an interpolated string, its values as OData literals: <c>CreateQueryFilter($"PartitionKey eq {key}")</c>.</summary>
    public static string CreateQueryFilter(FormattableString filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return string.Format(System.Globalization.CultureInfo.InvariantCulture, filter.Format, [.. filter.GetArguments().Select(EntityValue.Literal)]);
    }

    /// <exception cref="RequestFailedException">409 TableAlreadyExists, among others.</exception>
    public virtual async Task<Response<TableItem>> CreateAsync(CancellationToken cancellationToken = default) =>
        Response.FromValue(new TableItem(Name), await CreateAsync(null, cancellationToken).ConfigureAwait(false));

    public virtual async Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await CreateAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException error) when (error.ErrorCode == TableErrorCode.TableAlreadyExists)
        {
            return Response.FromValue(new TableItem(Name), error.GetRawResponse()!);
        }
    }

    /// <summary>Deletes the table. One that is not there is no error: the status is then 404.</summary>
    public virtual Task<Response> DeleteAsync(CancellationToken cancellationToken = default) =>
        channel.SendAsync(channel.Create(RequestMethod.Delete, $"Tables('{Name}')"), 404, cancellationToken);

    private Task<Response> CreateAsync(int? alsoFine, CancellationToken cancellationToken)
    {
        var message = channel.Create(RequestMethod.Post, "Tables", JsonSerializer.SerializeToUtf8Bytes(new { TableName = Name }));
        message.Request.Headers.SetValue("Prefer", "return-no-content");
        return channel.SendAsync(message, alsoFine, cancellationToken);
    }
}
