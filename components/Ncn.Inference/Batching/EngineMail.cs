using System.Collections.Concurrent;

namespace Ncn.Inference.Batching;

/// <summary>What other threads tell an engine.</summary>
internal enum MailKind
{
    /// <summary>Run this request.</summary>
    Submit,

    /// <summary>Its caller has gone.</summary>
    Cancel,

    /// <summary>Its reader has caught up.</summary>
    Resume,

    /// <summary>Take no more requests.</summary>
    Close,
}

/// <summary>The way into an engine's thread. After it is closed nothing can be submitted.</summary>
internal sealed class EngineMail
{
    private readonly ConcurrentQueue<(MailKind Kind, EngineRow? Row)> _queue = new();
    private readonly object _arrived = new();
    private readonly Lock _gate = new();
    private bool _closed;

    /// <summary>False when no request is taken any more.</summary>
    public bool TrySubmit(EngineRow row)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            Post(MailKind.Submit, row);
            return true;
        }
    }

    /// <summary>Takes no more requests; those before are served.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                Post(MailKind.Close, null);
            }
        }
    }

    public void Post(MailKind kind, EngineRow? row)
    {
        _queue.Enqueue((kind, row));
        lock (_arrived)
        {
            Monitor.Pulse(_arrived);
        }
    }

    /// <summary>The engine's thread: the next letter, if there is one.</summary>
    public bool TryTake(out (MailKind Kind, EngineRow? Row) letter) => _queue.TryDequeue(out letter);

    /// <summary>The engine's thread: waits until there is a letter.</summary>
    public void Wait()
    {
        lock (_arrived)
        {
            while (_queue.IsEmpty)
            {
                Monitor.Wait(_arrived);
            }
        }
    }
}
