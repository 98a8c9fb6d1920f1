using Microsoft.Data.Sqlite;

namespace Ncn.Benchmarks.Actors;

/// <summary>The peer: one row, replaced and committed; write-ahead log, flushed to disk at each commit.</summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _replace;
    private readonly SqliteCommand _commit;
    private readonly byte[] _value;

    /// <param name="path">The file; made anew.</param>
    /// <param name="bytes">Size of the row's value.</param>
    public SqliteFile(string path, int bytes)
    {
        File.Delete(path);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        Command("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;").ExecuteNonQuery();
        _value = new byte[bytes];
        _begin = Command("BEGIN IMMEDIATE");
        _replace = Command("INSERT OR REPLACE INTO state (key, value) VALUES ($key, $value)");
        _replace.Parameters.AddWithValue("$key", "registry||GuestActor||1-00||book");
        _replace.Parameters.AddWithValue("$value", _value);
        _commit = Command("COMMIT");
    }

    public Task CommitAsync()
    {
        Random.Shared.NextBytes(_value);
        _begin.ExecuteNonQuery();
        _replace.ExecuteNonQuery();
        _commit.ExecuteNonQuery();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _begin.Dispose();
        _replace.Dispose();
        _commit.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
