using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Ncn.LocalRuntime.Storage;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>A queue, or the queue of its dead letters.</summary>
internal sealed record QueueSide(QueueSpec Queue, bool IsDead);

/// <summary>
/// The messages of all queues on disk. Everything that was acknowledged is there after a crash, locks and counts of deliveries
/// included. Messages that are out of time or of deliveries are moved or dropped when they come to the head of their queue.
/// </summary>
internal sealed class MessageStore(Database database, TimeProvider time)
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS bus_messages (sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, dead INTEGER NOT NULL, id TEXT NOT NULL, enqueued INTEGER NOT NULL, expires INTEGER NOT NULL, available INTEGER NOT NULL, deliveries INTEGER NOT NULL, lock TEXT, locked_until INTEGER NOT NULL, type TEXT, broker TEXT NOT NULL, user TEXT NOT NULL, body BLOB NOT NULL);
        CREATE INDEX IF NOT EXISTS bus_order ON bus_messages (queue, dead, sequence);
        CREATE UNIQUE INDEX IF NOT EXISTS bus_locks ON bus_messages (lock) WHERE lock IS NOT NULL;
        CREATE TABLE IF NOT EXISTS bus_seen (queue TEXT NOT NULL, id TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (queue, id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS bus_seen_at ON bus_seen (queue, seen);
        CREATE TABLE IF NOT EXISTS bus_sizes (queue TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TRIGGER IF NOT EXISTS bus_grows AFTER INSERT ON bus_messages BEGIN INSERT INTO bus_sizes VALUES (new.queue, length(new.body)) ON CONFLICT (queue) DO UPDATE SET bytes = bytes + excluded.bytes; END;
        CREATE TRIGGER IF NOT EXISTS bus_shrinks AFTER DELETE ON bus_messages BEGIN UPDATE bus_sizes SET bytes = bytes - length(old.body) WHERE queue = old.queue; END;
        """;

    private const string Columns = "sequence, body, type, broker, user, enqueued, deliveries, expires";

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Stores all or none; messages whose id was seen within the queue's window are dropped, as if they were stored.</summary>
    /// <exception cref="BusException">403: the queue is full.</exception>
    public Task<bool> SendAsync(QueueSpec queue, IReadOnlyList<Posting> messages) => database.WriteAsync(session =>
    {
        var used = session.Query("SELECT bytes FROM bus_sizes WHERE queue = $1", row => row.GetInt64(0), queue.Name).FirstOrDefault();
        if (used + messages.Sum(message => (long)message.Body.Length) > queue.MaxBytes)
        {
            throw new BusException(403, $"the queue {queue.Name} holds {used} bytes and is full; receive from it or from its dead letters");
        }

        foreach (var message in messages.Where(message => IsNew(session, queue, message.MessageId)))
        {
            Insert(session, queue, message);
        }

        return true;
    });

    /// <summary>Whether <see cref="TakeAsync"/> would find something now; cheap, without a write.</summary>
    public bool HasNext(QueueSide side) => database.Read(session =>
        Head(session, side, Now) is not null || (side.IsDead && Head(session, side with { IsDead = false }, Now) is { } head && Reason(side.Queue, head, Now) is not null));

    /// <summary>The first moment at which a message that is locked or scheduled now becomes free.</summary>
    public DateTimeOffset? NextChange(QueueSide side) => database.Read(session => session.Query(
        "SELECT MIN(MAX(available, locked_until)) FROM bus_messages WHERE queue = $1 AND dead <= $2 AND MAX(available, locked_until) > $3",
        row => row.IsDBNull(0) ? (DateTimeOffset?)null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)), side.Queue.Name, side.IsDead ? 1 : 0, Now))[0];

    /// <summary>Locks the first free message and counts the delivery; or deletes it, when <paramref name="keeps"/> is false.</summary>
    public Task<Delivery?> TakeAsync(QueueSide side, bool keeps) => database.WriteAsync(session =>
    {
        var now = Now;
        var head = Prune(session, side.Queue, now);
        head = side.IsDead ? Head(session, side, now) : head;
        return head is null ? null : keeps ? Lock(session, side.Queue, head.Message, now) : Remove(session, head.Message);
    });

    public Task<bool> CompleteAsync(QueueSide side, string id, string token) =>
        ChangeAsync(side, id, token, (session, message) => session.Execute("DELETE FROM bus_messages WHERE sequence = $1", message.Sequence));

    public Task<bool> AbandonAsync(QueueSide side, string id, string token) =>
        ChangeAsync(side, id, token, (session, message) => session.Execute("UPDATE bus_messages SET lock = NULL, locked_until = 0 WHERE sequence = $1", message.Sequence));

    /// <summary>Gives back a message that never reached its receiver, as if it had not been taken.</summary>
    public Task<bool> ReturnAsync(QueueSide side, Delivery delivery) => ChangeAsync(side, Text(delivery.Sequence), delivery.LockToken!, (session, message) =>
        session.Execute("UPDATE bus_messages SET lock = NULL, locked_until = 0, deliveries = deliveries - 1 WHERE sequence = $1", message.Sequence));

    public Task<bool> DeadLetterAsync(QueueSide side, string id, string token, JsonObject changes) =>
        ChangeAsync(side, id, token, (session, message) => Bury(session, message, changes));

    /// <summary>The new end of the lock; null when it is lost.</summary>
    public async Task<long?> RenewAsync(QueueSide side, string id, string token)
    {
        var until = Now + (long)side.Queue.LockDuration.TotalMilliseconds;
        return await ChangeAsync(side, id, token, (session, message) =>
            session.Execute("UPDATE bus_messages SET locked_until = $2 WHERE sequence = $1", message.Sequence, until)) ? until : null;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Why a message at the head of a queue must leave it, or null.</summary>
    private static (string Name, string Description)? Reason(QueueSpec queue, HeadRow head, long now) =>
        head.Expires <= now ? ("TTLExpiredException", "The message expired and was dead lettered.")
        : head.Message.Deliveries >= queue.MaxDeliveryCount ? ("MaxDeliveryCountExceeded", $"Message could not be consumed after {queue.MaxDeliveryCount} delivery attempts.")
        : null;

    private static HeadRow? Head(Session session, QueueSide side, long now) => session.Query(
        $"SELECT {Columns} FROM bus_messages WHERE queue = $1 AND dead = $2 AND available <= $3 AND locked_until <= $3 ORDER BY sequence LIMIT 1",
        row => new HeadRow(Read(row), row.GetInt64(7)), side.Queue.Name, side.IsDead ? 1 : 0, now).FirstOrDefault();

    /// <summary>Moves or drops what is out of time or of deliveries at the head of the queue; returns the first message that is neither.</summary>
    private static HeadRow? Prune(Session session, QueueSpec queue, long now)
    {
        while (Head(session, new QueueSide(queue, false), now) is { } head)
        {
            if (Reason(queue, head, now) is not { } reason)
            {
                return head;
            }

            var isDropped = head.Expires <= now && !queue.DeadLetteringOnMessageExpiration;
            _ = isDropped
                ? session.Execute("DELETE FROM bus_messages WHERE sequence = $1", head.Message.Sequence)
                : Bury(session, head.Message, new JsonObject { ["DeadLetterReason"] = reason.Name, ["DeadLetterErrorDescription"] = reason.Description });
        }

        return null;
    }

    // Dead letters never expire.
    private static int Bury(Session session, Delivery message, JsonObject changes)
    {
        foreach (var (name, value) in changes)
        {
            message.User[name] = value?.DeepClone();
        }

        return session.Execute(
            "UPDATE bus_messages SET dead = 1, lock = NULL, locked_until = 0, expires = $2, user = $3 WHERE sequence = $1", message.Sequence, long.MaxValue, message.User.ToJsonString());
    }

    private static Delivery Lock(Session session, QueueSpec queue, Delivery message, long now)
    {
        var locked = message with
        {
            Deliveries = message.Deliveries + 1,
            LockToken = Guid.NewGuid().ToString(),
            LockedUntil = now + (long)queue.LockDuration.TotalMilliseconds,
        };
        session.Execute(
            "UPDATE bus_messages SET lock = $2, locked_until = $3, deliveries = $4 WHERE sequence = $1", locked.Sequence, locked.LockToken, locked.LockedUntil, locked.Deliveries);
        return locked;
    }

    private static Delivery Remove(Session session, Delivery message)
    {
        session.Execute("DELETE FROM bus_messages WHERE sequence = $1", message.Sequence);
        return message with { Deliveries = message.Deliveries + 1 };
    }

    private static Delivery Read(SqliteDataReader row) => new(
        row.GetInt64(0),
        row.GetFieldValue<byte[]>(1),
        row.IsDBNull(2) ? null : row.GetString(2),
        JsonNode.Parse(row.GetString(3))!.AsObject(),
        JsonNode.Parse(row.GetString(4))!.AsObject())
    {
        EnqueuedAt = row.GetInt64(5),
        Deliveries = row.GetInt32(6),
    };

    /// <summary>Runs the change if the lock still holds; the message may be named by its sequence number or its id.</summary>
    private Task<bool> ChangeAsync(QueueSide side, string id, string token, Func<Session, Delivery, int> change) => database.WriteAsync(session =>
    {
        var message = session.Query(
            $"SELECT {Columns} FROM bus_messages WHERE lock = $1 AND locked_until > $2 AND queue = $3 AND dead = $4 AND (id = $5 OR sequence = CAST($5 AS INTEGER))",
            Read, token, Now, side.Queue.Name, side.IsDead ? 1 : 0, id).FirstOrDefault();
        return message is not null && change(session, message) == 1;
    });

    private bool IsNew(Session session, QueueSpec queue, string id)
    {
        if (queue.DuplicateWindow is not { } window)
        {
            return true;
        }

        session.Execute("DELETE FROM bus_seen WHERE queue = $1 AND seen <= $2", queue.Name, Now - (long)window.TotalMilliseconds);
        return session.Execute("INSERT INTO bus_seen (queue, id, seen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", queue.Name, id, Now) == 1;
    }

    private void Insert(Session session, QueueSpec queue, Posting message)
    {
        var now = Now;
        var available = Math.Max(now, message.ScheduledFor?.ToUnixTimeMilliseconds() ?? now);
        var life = message.TimeToLive is { } own && own < queue.DefaultMessageTimeToLive ? own : queue.DefaultMessageTimeToLive;
        session.Execute(
            "INSERT INTO bus_messages (queue, dead, id, enqueued, expires, available, deliveries, locked_until, type, broker, user, body) VALUES ($1, 0, $2, $3, $4, $5, 0, 0, $6, $7, $8, $9)",
            queue.Name, message.MessageId, now, available + (long)life.TotalMilliseconds, available, message.ContentType, message.Broker.ToJsonString(), message.User.ToJsonString(), message.Body);
    }

    private sealed record HeadRow(Delivery Message, long Expires);
}
