using System.Collections.Concurrent;

namespace Ncn.LocalRuntime.Storage;

/// <summary>
/// A durable SQLite file with group commit. 1. Writers queue their work; 2. one thread takes all that waits, runs each
/// inside its own savepoint and commits them together, so that one flush to disk serves many; 3. only then does each
/// caller hear the result. An acknowledged write is therefore on disk. Reads use other connections and never wait.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int MostPerCommit = 512;
    private const int MostWaiting = 16384;
    private readonly string path;
    private readonly BlockingCollection<Write> waiting = new(MostWaiting);
    private readonly ConcurrentBag<Session> readers = [];
    private readonly Session writer;
    private readonly Thread thread;

    public Database(string path, string schema)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        writer = new Session(path);
        writer.Script(schema);
        thread = new Thread(RunWriter) { IsBackground = true, Name = $"writer of {Path.GetFileName(path)}" };
        thread.Start();
    }

    /// <summary>Runs the work in a transaction; an exception rolls back this work alone and reaches the caller.</summary>
    public Task<T> WriteAsync<T>(Func<Session, T> work)
    {
        var write = new Write<T>(work);
        waiting.Add(write);
        return write.Result;
    }

    public T Read<T>(Func<Session, T> work)
    {
        var session = readers.TryTake(out var free) ? free : new Session(path);
        try
        {
            return work(session);
        }
        finally
        {
            readers.Add(session);
        }
    }

    public void Dispose()
    {
        waiting.CompleteAdding();
        thread.Join();
        writer.Dispose();
        waiting.Dispose();
        while (readers.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    private void RunWriter()
    {
        var batch = new List<Write>();
        foreach (var first in waiting.GetConsumingEnumerable())
        {
            batch.Clear();
            batch.Add(first);
            while (batch.Count < MostPerCommit && waiting.TryTake(out var next))
            {
                batch.Add(next);
            }

            Commit(batch);
        }
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            writer.Execute("BEGIN IMMEDIATE");
            batch.ForEach(write => write.Run(writer));
            writer.Execute("COMMIT");
        }
        catch (Exception error)
        {
            // The whole group is undone, and every caller hears so; the next group starts afresh.
            batch.ForEach(write => write.Fail(error));
            TryRollback();
        }

        batch.ForEach(write => write.Acknowledge());
    }

    private void TryRollback()
    {
        try
        {
            writer.Execute("ROLLBACK");
        }
        catch (Microsoft.Data.Sqlite.SqliteException error)
        {
            Supervision.RuntimeLog.Write("storage", $"rollback of {path}: {error.Message}");
        }
    }

    private abstract class Write
    {
        public abstract void Run(Session session);

        public abstract void Fail(Exception error);

        public abstract void Acknowledge();
    }

    private sealed class Write<T>(Func<Session, T> work) : Write
    {
        private readonly TaskCompletionSource<T> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? value;
        private Exception? failure;

        public Task<T> Result => source.Task;

        public override void Run(Session session)
        {
            session.Execute("SAVEPOINT work");
            try
            {
                value = work(session);
            }
            catch (Exception error)
            {
                failure = error;
                session.Execute("ROLLBACK TO work");
            }

            session.Execute("RELEASE work");
        }

        public override void Fail(Exception error) => failure ??= error;

        public override void Acknowledge()
        {
            if (failure is null)
            {
                source.SetResult(value!);
            }
            else
            {
                source.SetException(failure);
            }
        }
    }
}
