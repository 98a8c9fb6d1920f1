using System.Runtime.Serialization;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Ncn.Tests.Azurite;

namespace Ncn.AzureStandIns.Tests.Tables;

/// <summary>Against a real Azurite.</summary>
public sealed class TableClientTests(TableClientTests.Service service) : IClassFixture<TableClientTests.Service>
{
    [Fact]
    public async Task A_table_is_made_once_and_deleted_once()
    {
        var tables = new TableServiceClient(service.ConnectionString);
        var name = NewName();
        Assert.Equal(204, (await tables.CreateTableAsync(name)).GetRawResponse().Status);
        Assert.Equal(409, (await tables.CreateTableIfNotExistsAsync(name)).GetRawResponse().Status);
        var error = await Assert.ThrowsAsync<RequestFailedException>(() => tables.CreateTableAsync(name));
        Assert.Equal((409, "TableAlreadyExists"), (error.Status, error.ErrorCode));
        Assert.Equal(204, (await tables.DeleteTableAsync(name)).Status);
        Assert.Equal(404, (await tables.DeleteTableAsync(name)).Status);
        Assert.Equal("devstoreaccount1", tables.AccountName);
    }

    [Fact]
    public async Task Every_kind_of_value_comes_back_as_it_went()
    {
        var table = await CreateAsync();
        var moment = new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);
        var entity = new TableEntity("p", "r")
        {
            ["Text"] = "O'Brien é 漢", ["Int"] = int.MinValue, ["Long"] = long.MaxValue, ["Whole"] = 1.0, ["Double"] = 0.1, ["NaN"] = double.NaN, ["Yes"] = true,
            ["Id"] = Guid.Parse("00000000-0000-0000-0000-0000000000ff"), ["Moment"] = moment, ["Bytes"] = new byte[] { 0, 255 }, ["Gone"] = null!,
        };
        var added = await table.AddEntityAsync(entity);
        var read = (await table.GetEntityAsync<TableEntity>("p", "r")).Value;
        Assert.Equal("O'Brien é 漢", read.GetString("Text"));
        Assert.Equal(int.MinValue, read.GetInt32("Int"));
        Assert.Equal(long.MaxValue, read.GetInt64("Long"));
        Assert.Equal(1.0, read.GetDouble("Whole"));
        Assert.Equal(0.1, read.GetDouble("Double"));
        Assert.Equal(double.NaN, read.GetDouble("NaN"));
        Assert.True(read.GetBoolean("Yes"));
        Assert.Equal(entity["Id"], read.GetGuid("Id"));
        Assert.Equal(moment, read.GetDateTimeOffset("Moment"));
        Assert.Equal(moment.UtcDateTime, read.GetDateTime("Moment"));
        Assert.Equal([0, 255], read.GetBinary("Bytes"));
        Assert.False(read.ContainsKey("Gone"));
        Assert.Null(read.GetInt32("Gone"));
        Assert.Equal(added.Headers.ETag, read.ETag);
        Assert.NotNull(read.Timestamp);
        Assert.Throws<InvalidOperationException>(() => read.GetInt64("Int"));
    }

    [Fact]
    public async Task A_typed_entity_keeps_its_attributes_and_its_enum()
    {
        var table = await CreateAsync();
        await table.AddEntityAsync(new Cursor { PartitionKey = "c", RowKey = "1", Block = 7, State = Phase.Final, Hash = "0x1", Scratch = "not stored" });
        var raw = (await table.GetEntityAsync<TableEntity>("c", "1")).Value;
        Assert.Equal("Final", raw.GetString("State"));
        Assert.Equal("0x1", raw.GetString("BlockHash"));
        Assert.False(raw.ContainsKey("Scratch"));
        var cursor = (await table.GetEntityAsync<Cursor>("c", "1")).Value;
        Assert.Equal((7UL, Phase.Final, "0x1", "", (long?)null), (cursor.Block, cursor.State, cursor.Hash, cursor.Scratch, cursor.Missing));
        Assert.NotEqual(default, cursor.ETag);
    }

    [Fact]
    public async Task A_type_that_the_service_lacks_is_refused() =>
        await Assert.ThrowsAsync<NotSupportedException>(async () => await (await CreateAsync()).AddEntityAsync(new TableEntity("p", "r") { ["Price"] = 1m }));

    [Fact]
    public async Task An_update_holds_only_for_the_etag_that_was_read()
    {
        var table = await CreateAsync();
        var first = (await table.AddEntityAsync(new TableEntity("p", "r") { ["A"] = 1, ["B"] = 1 })).Headers.ETag!.Value;
        var second = (await table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = 2 }, first)).Headers.ETag!.Value;
        var error = await Assert.ThrowsAsync<RequestFailedException>(() => table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = 3 }, first));
        Assert.True(error is { Status: 412 } && error.ErrorCode == TableErrorCode.UpdateConditionNotSatisfied);
        var merged = (await table.GetEntityAsync<TableEntity>("p", "r")).Value;
        Assert.Equal((2, 1), (merged.GetInt32("A"), merged.GetInt32("B")));
        await table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = 3 }, second, TableUpdateMode.Replace);
        Assert.False((await table.GetEntityAsync<TableEntity>("p", "r")).Value.ContainsKey("B"));
        await Assert.ThrowsAsync<ArgumentException>(() => table.UpdateEntityAsync(merged, default));
    }

    [Fact]
    public async Task Upserts_and_deletions_take_what_is_there_or_not()
    {
        var table = await CreateAsync();
        const string key = "a b'c+d%e&f=g";
        await table.UpsertEntityAsync(new TableEntity(key, key) { ["A"] = 1 });
        await table.UpsertEntityAsync(new TableEntity(key, key) { ["B"] = 2 });
        Assert.Equal(1, (await table.GetEntityAsync<TableEntity>(key, key, ["A"])).Value.GetInt32("A"));
        var stale = new ETag("W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"");
        Assert.Equal(412, (await Assert.ThrowsAsync<RequestFailedException>(() => table.DeleteEntityAsync(key, key, stale))).Status);
        Assert.Equal(204, (await table.DeleteEntityAsync(key, key)).Status);
        Assert.Equal(404, (await table.DeleteEntityAsync(key, key)).Status);
        Assert.False((await table.GetEntityIfExistsAsync<TableEntity>(key, key)).HasValue);
        var error = await Assert.ThrowsAsync<RequestFailedException>(() => table.GetEntityAsync<TableEntity>(key, key));
        Assert.True(error is { Status: 404 } && error.ErrorCode == TableErrorCode.ResourceNotFound, error.ToString());
    }

    [Fact]
    public async Task A_query_filters_and_goes_on_over_pages()
    {
        var table = await CreateAsync();
        var partition = "it's";
        await table.SubmitTransactionAsync(Enumerable.Range(0, 25).Select(i => new TableTransactionAction(
            TableTransactionActionType.Add, new TableEntity(partition, $"{i:D3}") { ["Number"] = (long)i, ["Other"] = "x" })));
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and Number ge {5L}");
        var rows = new List<TableEntity>();
        var pages = 0;
        await foreach (var page in table.QueryAsync<TableEntity>(filter, maxPerPage: 8, select: ["RowKey", "Number"]).AsPages())
        {
            pages++;
            rows.AddRange(page.Values);
        }

        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Range(5, 20).Select(i => $"{i:D3}"), rows.Select(row => row.RowKey));
        Assert.All(rows, row => Assert.False(row.ContainsKey("Other")));
        var first = await FirstAsync(table.QueryAsync<TableEntity>(filter, maxPerPage: 8).AsPages());
        var rest = await FirstAsync(table.QueryAsync<TableEntity>(filter).AsPages(first.ContinuationToken));
        Assert.Equal("013", rest.Values[0].RowKey);
    }

    [Fact]
    public async Task A_transaction_is_whole_or_nothing_and_names_the_action_at_fault()
    {
        var table = await CreateAsync();
        var tag = (await table.AddEntityAsync(new TableEntity("p", "0") { ["A"] = 0 })).Headers.ETag!.Value;
        var done = await table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpdateReplace, new TableEntity("p", "0") { ["A"] = 1 }, tag),
            new(TableTransactionActionType.Add, new TableEntity("p", "1") { ["A"] = 1 }),
            new(TableTransactionActionType.UpsertMerge, new TableEntity("p", "2") { ["A"] = 1 }),
        ]);
        Assert.Equal([204, 204, 204], done.Value.Select(answer => answer.Status));
        Assert.Equal((await table.GetEntityAsync<TableEntity>("p", "1")).Value.ETag, done.Value[1].Headers.ETag);
        var error = await Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Delete, new TableEntity("p", "2")),
            new(TableTransactionActionType.UpdateMerge, new TableEntity("p", "0") { ["A"] = 9 }, tag),
        ]));
        Assert.Equal((412, "UpdateConditionNotSatisfied", 1), (error.Status, error.ErrorCode, error.FailedTransactionActionIndex));
        Assert.True((await table.GetEntityIfExistsAsync<TableEntity>("p", "2")).HasValue);
        Assert.Equal(1, (await table.GetEntityAsync<TableEntity>("p", "0")).Value.GetInt32("A"));
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        var credential = new TableSharedKeyCredential("devstoreaccount1", Convert.ToBase64String(new byte[64]));
        var table = new TableClient(new Uri(service.Endpoint), "anything", credential);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => table.CreateAsync())).Status);
    }

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1/t")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=AAAA;EndpointSuffix=core.windows.net", "https://shop.table.core.windows.net/t")]
    [InlineData("AccountName=shop;AccountKey=AA==;TableEndpoint=http://127.0.0.1:9/shop", "http://127.0.0.1:9/shop/t")]
    public void A_connection_string_names_the_service(string connectionString, string address) =>
        Assert.Equal(address, new TableClient(connectionString, "t").Uri.ToString());

    [Theory]
    [InlineData("AccountName=shop")]
    [InlineData("nothing")]
    public void A_broken_connection_string_is_refused(string connectionString) =>
        Assert.Throws<FormatException>(() => new TableClient(connectionString, "t"));

    private static string NewName() => "t" + Guid.NewGuid().ToString("N");

    private static async Task<Page<TableEntity>> FirstAsync(IAsyncEnumerable<Page<TableEntity>> pages)
    {
        await foreach (var page in pages)
        {
            return page;
        }

        throw new InvalidOperationException("There is no page.");
    }

    private async Task<TableClient> CreateAsync()
    {
        var table = new TableClient(service.ConnectionString, NewName());
        await table.CreateIfNotExistsAsync();
        return table;
    }

    public sealed class Service : IDisposable
    {
        private readonly AzuriteTables azurite = new();

        public string ConnectionString => azurite.ConnectionString;

        public string Endpoint => azurite.Endpoint;

        public void Dispose() => azurite.Dispose();
    }

    public enum Phase
    {
        New,
        Final,
    }

    public sealed class Cursor : ITableEntity
    {
        public string PartitionKey { get; set; } = "";

        public string RowKey { get; set; } = "";

        public DateTimeOffset? Timestamp { get; set; }

        public ETag ETag { get; set; }

        public ulong Block { get; set; }

        public Phase State { get; set; }

        [DataMember(Name = "BlockHash")]
        public string Hash { get; set; } = "";

        [IgnoreDataMember]
        public string Scratch { get; set; } = "";

        public long? Missing { get; set; }
    }
}
