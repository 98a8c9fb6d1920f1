using Microsoft.Data.Sqlite;
using Ncn.LocalRuntime.Storage;

namespace Ncn.LocalRuntime.Actors;

internal sealed record ReminderKey(ActorKey Actor, string Name);

/// <summary>Reminders on disk.</summary>
internal sealed class ReminderStore(Database database)
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS reminders (type TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, period INTEGER, remaining INTEGER, expires INTEGER, due_text TEXT NOT NULL, period_text TEXT NOT NULL, data TEXT, PRIMARY KEY (type, id, name)) WITHOUT ROWID;
        """;

    public List<(ReminderKey Key, ActorSchedule Schedule)> ReadAll() => database.Read(session => session.Query(
        "SELECT type, id, name, due, period, remaining, expires, due_text, period_text, data FROM reminders", Read));

    public Task<int> SaveAsync(ReminderKey key, ActorSchedule schedule) => database.WriteAsync(session => session.Execute(
        "INSERT OR REPLACE INTO reminders (type, id, name, due, period, remaining, expires, due_text, period_text, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        key.Actor.Type, key.Actor.Id, key.Name, schedule.Due.ToUnixTimeMilliseconds(), (long?)schedule.Period?.TotalMilliseconds, (long?)schedule.Remaining,
        schedule.Expires?.ToUnixTimeMilliseconds(), schedule.DueText, schedule.PeriodText, schedule.Data));

    public Task<int> DeleteAsync(ReminderKey key) => database.WriteAsync(session => session.Execute(
        "DELETE FROM reminders WHERE type = $1 AND id = $2 AND name = $3", key.Actor.Type, key.Actor.Id, key.Name));

    private static (ReminderKey Key, ActorSchedule Schedule) Read(SqliteDataReader row)
    {
        var key = new ReminderKey(new ActorKey(row.GetString(0), row.GetString(1)), row.GetString(2));
        return (key, new ActorSchedule(
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            row.IsDBNull(4) ? null : TimeSpan.FromMilliseconds(row.GetInt64(4)),
            row.IsDBNull(5) ? null : row.GetInt32(5),
            row.IsDBNull(6) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
            row.GetString(7),
            row.GetString(8),
            row.IsDBNull(9) ? null : row.GetString(9),
            Callback: null));
    }
}
