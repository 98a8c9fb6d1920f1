using Microsoft.Data.Sqlite;
using Ncn.LocalRuntime.Storage;

namespace Ncn.LocalRuntime.PubSub;

/// <summary>A message that waits for one consumer group (an app id). Attempts counts the failed deliveries.</summary>
internal sealed record Delivery(long MessageId, byte[] Payload, bool Raw, int Attempts);

internal sealed record NewMessage(byte[] Payload, bool Raw, long? TtlSeconds);

/// <summary>A consumer group of a topic.</summary>
internal sealed record Group(string PubSubName, string Topic, string AppId);

/// <summary>
/// The durable queue of topics. A message is stored once, with one delivery for each app that has ever subscribed and
/// has not since dropped the topic; an app that is down finds its messages when it is back. While the network starts for
/// the first time, messages are kept for the apps that are still to subscribe (<see cref="EndStartAsync"/>).
/// </summary>
internal sealed class Broker(Database database, TimeProvider time)
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, pubsub TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, raw INTEGER NOT NULL, expires INTEGER, pending INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS deliveries (pubsub TEXT NOT NULL, topic TEXT NOT NULL, app TEXT NOT NULL, message INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (pubsub, topic, app, message)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS subscriptions (pubsub TEXT NOT NULL, topic TEXT NOT NULL, app TEXT NOT NULL, PRIMARY KEY (pubsub, topic, app)) WITHOUT ROWID;
        """;

    private volatile bool starting = true;

    /// <summary>Unix milliseconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Raised after a commit that gave some group something to do.</summary>
    public event Action? Published;

    public async Task PublishAsync(string pubSubName, string topic, IReadOnlyList<NewMessage> messages)
    {
        await database.WriteAsync(session =>
        {
            foreach (var message in messages)
            {
                Insert(session, pubSubName, topic, message);
            }

            return true;
        });
        Published?.Invoke();
    }

    /// <summary>Makes the app's groups match what it subscribes to now.</summary>
    public async Task SubscribeAsync(string appId, IReadOnlyList<Subscription> subscriptions)
    {
        await database.WriteAsync(session =>
        {
            var wanted = subscriptions.Select(subscription => (subscription.PubSubName, subscription.Topic)).ToHashSet();
            var known = session.Query("SELECT pubsub, topic FROM subscriptions WHERE app = $1", row => (row.GetString(0), row.GetString(1)), appId);
            known.Where(group => !wanted.Contains(group)).ToList().ForEach(group => Drop(session, group.Item1, group.Item2, appId));
            wanted.Except(known).ToList().ForEach(group => Add(session, group.Item1, group.Item2, appId));
            return true;
        });
        Published?.Invoke();
    }

    /// <summary>Every app has subscribed once: from now on a message to a topic without subscribers is not kept.</summary>
    public Task EndStartAsync()
    {
        starting = false;
        return database.WriteAsync(session => session.Execute("DELETE FROM messages WHERE pending = 0"));
    }

    public IReadOnlyList<Delivery> TakeDue(Group group, long now, int most, IReadOnlySet<long> besides) => [.. database
        .Read(session => session.Query(
            """
            SELECT d.message, m.payload, m.raw, d.attempts FROM deliveries d JOIN messages m ON m.id = d.message
            WHERE d.pubsub = $1 AND d.topic = $2 AND d.app = $3 AND d.due <= $4 AND (m.expires IS NULL OR m.expires > $4) ORDER BY d.message LIMIT $5
            """,
            ReadDelivery, group.PubSubName, group.Topic, group.AppId, now, most + besides.Count))
        .Where(delivery => !besides.Contains(delivery.MessageId)).Take(most)];

    /// <summary>When the first delivery is due that was not due at <paramref name="now"/>, the instant that <see cref="TakeDue"/> was asked for.</summary>
    public DateTimeOffset? NextDue(Group group, long now) => database.Read(session => session.Query(
        "SELECT MIN(due) FROM deliveries WHERE pubsub = $1 AND topic = $2 AND app = $3 AND due > $4",
        row => row.IsDBNull(0) ? (DateTimeOffset?)null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)),
        group.PubSubName, group.Topic, group.AppId, now))[0];

    public Task FinishAsync(Group group, long messageId) => database.WriteAsync(session => Finish(session, group, messageId));

    public Task DelayAsync(Group group, long messageId, int attempts, TimeSpan delay) => database.WriteAsync(session => session.Execute(
        "UPDATE deliveries SET attempts = $5, due = $6 WHERE pubsub = $1 AND topic = $2 AND app = $3 AND message = $4",
        group.PubSubName, group.Topic, group.AppId, messageId, attempts, Now + (long)delay.TotalMilliseconds));

    /// <summary>Moves a delivery to another topic, in one transaction.</summary>
    public async Task MoveAsync(Group group, Delivery delivery, string deadLetterTopic)
    {
        await database.WriteAsync(session =>
        {
            Insert(session, group.PubSubName, deadLetterTopic, new NewMessage(delivery.Payload, delivery.Raw, null));
            return Finish(session, group, delivery.MessageId);
        });
        Published?.Invoke();
    }

    public Task<int> RemoveExpiredAsync() => database.WriteAsync(session =>
    {
        session.Execute("DELETE FROM deliveries WHERE message IN (SELECT id FROM messages WHERE expires <= $1)", Now);
        return session.Execute("DELETE FROM messages WHERE expires <= $1", Now);
    });

    private static Delivery ReadDelivery(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetInt64(2) != 0, row.GetInt32(3));

    private static int Finish(Session session, Group group, long messageId)
    {
        var removed = session.Execute(
            "DELETE FROM deliveries WHERE pubsub = $1 AND topic = $2 AND app = $3 AND message = $4", group.PubSubName, group.Topic, group.AppId, messageId);
        return removed == 0 ? 0 : Release(session, messageId);
    }

    private static int Release(Session session, long messageId)
    {
        session.Execute("UPDATE messages SET pending = pending - 1 WHERE id = $1", messageId);
        return session.Execute("DELETE FROM messages WHERE id = $1 AND pending <= 0", messageId);
    }

    private static void Drop(Session session, string pubSubName, string topic, string appId)
    {
        session.Execute("DELETE FROM subscriptions WHERE pubsub = $1 AND topic = $2 AND app = $3", pubSubName, topic, appId);
        session.Query("SELECT message FROM deliveries WHERE pubsub = $1 AND topic = $2 AND app = $3", row => row.GetInt64(0), pubSubName, topic, appId)
            .ForEach(message => Release(session, message));
        session.Execute("DELETE FROM deliveries WHERE pubsub = $1 AND topic = $2 AND app = $3", pubSubName, topic, appId);
    }

    private void Add(Session session, string pubSubName, string topic, string appId)
    {
        session.Execute("INSERT INTO subscriptions (pubsub, topic, app) VALUES ($1, $2, $3)", pubSubName, topic, appId);
        if (starting)
        {
            session.Execute("INSERT INTO deliveries SELECT pubsub, topic, $3, id, 0, 0 FROM messages WHERE pubsub = $1 AND topic = $2", pubSubName, topic, appId);
            session.Execute("UPDATE messages SET pending = pending + 1 WHERE pubsub = $1 AND topic = $2", pubSubName, topic);
        }
    }

    private void Insert(Session session, string pubSubName, string topic, NewMessage message)
    {
        var apps = session.Query("SELECT app FROM subscriptions WHERE pubsub = $1 AND topic = $2", row => row.GetString(0), pubSubName, topic);
        if (apps.Count == 0 && !starting)
        {
            return;
        }

        session.Execute(
            "INSERT INTO messages (pubsub, topic, payload, raw, expires, pending) VALUES ($1, $2, $3, $4, $5, $6)",
            pubSubName, topic, message.Payload, message.Raw ? 1 : 0, message.TtlSeconds is { } ttl ? Now + (ttl * 1000) : null, apps.Count);
        var id = session.LastRowId();
        apps.ForEach(app => session.Execute("INSERT INTO deliveries (pubsub, topic, app, message, attempts, due) VALUES ($1, $2, $3, $4, 0, 0)", pubSubName, topic, app, id));
    }
}
