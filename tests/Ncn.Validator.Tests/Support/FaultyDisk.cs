using Ncn.Validator.Durable;

namespace Ncn.Validator.Tests.Support;

/// <summary>What a crash leaves of what was not synced.</summary>
public enum Leftover
{
    /// <summary>Nothing of it.</summary>
    Nothing,

    /// <summary>All of it, as luck has it.</summary>
    Everything,

    /// <summary>The first half of the last write.</summary>
    Torn,
}

/// <summary>A disk in memory that knows what is durable, and ends the process that uses it at a step of the test's choice.</summary>
internal sealed class FaultyDisk : IDisk
{
    private readonly Lock _lock = new();
    private Dictionary<string, Node> _names = [];
    private Dictionary<string, Node> _durableNames = [];
    private readonly HashSet<string> _locks = [];

    /// <summary>Changes and syncs so far, in order.</summary>
    internal List<string> Steps { get; } = [];

    /// <summary>The step that does not happen any more; null for none.</summary>
    internal int? CrashAt { get; set; }

    /// <summary>The disk as the next process finds it.</summary>
    internal FaultyDisk AfterCrash(Leftover leftover)
    {
        lock (_lock)
        {
            var names = leftover == Leftover.Everything ? _names : _durableNames;
            var survived = names.ToDictionary(static entry => entry.Key, entry => new Node(entry.Value.Survives(leftover)));
            return new FaultyDisk { _names = survived, _durableNames = new Dictionary<string, Node>(survived) };
        }
    }

    /// <summary>A copy of what is durable now: a backup.</summary>
    internal FaultyDisk Backup() => AfterCrash(Leftover.Nothing);

    /// <summary>Changes a byte of a file behind everybody's back.</summary>
    internal void Damage(string path, int at) => _names[path].Damage(at);

    /// <summary>Bytes of a file up to the last that is not zero.</summary>
    internal int LengthOf(string path) => _names[path].Current.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    public IDisposable Lock(string path)
    {
        lock (_lock)
        {
            return _locks.Add(path) ? new Held(this, path) : throw new IOException($"{path} is held.");
        }
    }

    public byte[]? Read(string path)
    {
        lock (_lock)
        {
            return _names.GetValueOrDefault(path)?.Current;
        }
    }

    public IReadOnlyList<string> List(string folder)
    {
        lock (_lock)
        {
            return [.. _names.Keys.Where(path => Path.GetDirectoryName(path) == folder).Select(static path => Path.GetFileName(path))];
        }
    }

    public IDiskFile Open(string path)
    {
        lock (_lock)
        {
            if (!_names.TryGetValue(path, out var node))
            {
                Step($"create {path}");
                _names[path] = node = new Node([]);
            }

            return new Opened(this, path, node);
        }
    }

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            Step($"rename {to}");
            _names[to] = _names[from];
            _names.Remove(from);
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            if (_names.ContainsKey(path))
            {
                Step($"delete {path}");
                _names.Remove(path);
            }
        }
    }

    public void SyncFolder(string folder)
    {
        lock (_lock)
        {
            Step($"sync folder {folder}");
            _durableNames = new Dictionary<string, Node>(_names);
        }
    }

    private void Step(string what)
    {
        if (Steps.Count >= CrashAt)
        {
            throw new CrashException();
        }

        Steps.Add(what);
    }

    private sealed class Node(byte[] content)
    {
        private byte[] _durable = content;
        private int _tornAt = content.Length;

        internal byte[] Current { get; private set; } = content;

        internal void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            var next = new byte[Math.Max(Current.Length, offset + bytes.Length)];
            Current.CopyTo(next, 0);
            bytes.CopyTo(next.AsSpan((int)offset));
            (Current, _tornAt) = (next, (int)offset + (bytes.Length / 2));
        }

        internal void SetLength(long length) => Current = Current.AsSpan(0, (int)length).ToArray();

        internal void Sync() => _durable = Current;

        internal void Damage(int at)
        {
            Current = [.. Current];
            Current[at] ^= 1;
            _durable = Current;
        }

        internal byte[] Survives(Leftover leftover) => leftover switch
        {
            Leftover.Nothing => _durable,
            Leftover.Everything => Current,
            _ => Current.Length > _durable.Length ? Current.AsSpan(0, Math.Max(_durable.Length, Math.Min(_tornAt, Current.Length))).ToArray() : _durable,
        };
    }

    private sealed class Held(FaultyDisk disk, string path) : IDisposable
    {
        public void Dispose()
        {
            lock (disk._lock)
            {
                disk._locks.Remove(path);
            }
        }
    }

    private sealed class Opened(FaultyDisk disk, string path, Node node) : IDiskFile
    {
        public long Length
        {
            get
            {
                lock (disk._lock)
                {
                    return node.Current.Length;
                }
            }
        }

        public int Read(long offset, Span<byte> bytes)
        {
            lock (disk._lock)
            {
                var rest = node.Current.AsSpan((int)Math.Min(offset, node.Current.Length));
                rest[..Math.Min(rest.Length, bytes.Length)].CopyTo(bytes);
                return Math.Min(rest.Length, bytes.Length);
            }
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            lock (disk._lock)
            {
                disk.Step($"write {path}");
                node.Write(offset, bytes);
            }
        }

        public void SetLength(long length)
        {
            lock (disk._lock)
            {
                disk.Step($"cut {path}");
                node.SetLength(length);
            }
        }

        public void Sync()
        {
            lock (disk._lock)
            {
                disk.Step($"sync {path}");
                node.Sync();
            }
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>The process ended here.</summary>
internal sealed class CrashException : IOException
{
    internal CrashException()
        : base("The process ends here.")
    {
    }
}
