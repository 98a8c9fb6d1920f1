using System.Globalization;
using Microsoft.Data.Sqlite;
using Ncn.LocalRuntime.Storage;

namespace Ncn.LocalRuntime.State;

/// <summary>A key-value store on one SQLite file: ETags, first-write, transactions and time to live.</summary>
internal sealed class StateStore(string path, TimeProvider time) : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL, etag INTEGER NOT NULL, expires INTEGER) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS state_expires ON state (expires) WHERE expires IS NOT NULL;
        CREATE TABLE IF NOT EXISTS etags (last INTEGER NOT NULL);
        INSERT INTO etags SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM etags);
        """;

    private readonly Database database = new(path, Schema);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public StateItem? Get(string key) => database.Read(session => session
        .Query("SELECT value, etag, expires FROM state WHERE key = $1 AND (expires IS NULL OR expires > $2)", ReadItem, key, Now)
        .FirstOrDefault());

    /// <summary>Applies all operations or none. Throws <see cref="ETagMismatchException"/> when one precondition fails.</summary>
    public Task<bool> TransactAsync(IReadOnlyList<StateOperation> operations) => database.WriteAsync(session =>
    {
        foreach (var operation in operations)
        {
            Apply(session, operation);
        }

        return true;
    });

    public Task<int> RemoveExpiredAsync() => database.WriteAsync(session => session.Execute("DELETE FROM state WHERE expires <= $1", Now));

    public void Dispose() => database.Dispose();

    private static StateItem ReadItem(SqliteDataReader row) => new(
        row.GetFieldValue<byte[]>(0),
        row.GetInt64(1).ToString(CultureInfo.InvariantCulture),
        row.IsDBNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)));

    private void Apply(Session session, StateOperation operation)
    {
        if (operation.ETag is not null || operation.FirstWrite)
        {
            var current = session.Query(
                "SELECT etag FROM state WHERE key = $1 AND (expires IS NULL OR expires > $2)",
                row => row.GetInt64(0).ToString(CultureInfo.InvariantCulture), operation.Key, Now).FirstOrDefault();
            if (!StateRules.Allows(operation, current))
            {
                throw new ETagMismatchException(operation.Key);
            }
        }

        if (operation is Upsert upsert)
        {
            // An ETag is never used twice, so that a key that was deleted and made again cannot match an old one.
            session.Execute("UPDATE etags SET last = last + 1");
            session.Execute(
                "INSERT INTO state (key, value, etag, expires) SELECT $1, $2, last, $3 FROM etags WHERE true ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag, expires = excluded.expires",
                upsert.Key, upsert.Value, upsert.TtlSeconds is { } seconds ? Now + (seconds * 1000) : null);
        }
        else
        {
            session.Execute("DELETE FROM state WHERE key = $1", operation.Key);
        }
    }
}
