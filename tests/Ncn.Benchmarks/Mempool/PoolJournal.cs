using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ncn.Benchmarks.Mempool;

/// <summary>
/// The requests that were taken, in their order, on disk: since the core is a function of its inputs, they are the state. A group is its
/// time (8), its length (4), a checksum (4) and whole requests; a torn last group is none. The file is longer than what is in it: zeros
/// that are written ahead, so that a group changes nothing but its own blocks.
/// </summary>
internal sealed partial class PoolJournal : IDisposable
{
    private const int Head = 16;
    private static readonly byte[] Ahead = new byte[8 << 20];
    private readonly FileStream _file;
    private byte[] _group = new byte[1 << 20];
    private int _length = Head;
    private long _end;

    public PoolJournal(string path) => _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    /// <summary>Takes over every whole group; what follows the last of them is cut off.</summary>
    public int Replay(PoolHost host)
    {
        byte[] all = File.ReadAllBytes(_file.Name);
        Span<byte> answer = new byte[ushort.MaxValue + PoolWire.PoppedHead];
        int groups = 0;
        int at = 0;
        while (Group(all.AsSpan(at)) is { Length: > 0 } group)
        {
            ulong now = BinaryPrimitives.ReadUInt64LittleEndian(all.AsSpan(at));
            for (ReadOnlySpan<byte> rest = group; rest.Length > 0;)
            {
                int length = PoolWire.Length(rest);
                host.Take(rest[..length], now, answer);
                rest = rest[length..];
            }

            at += Head + group.Length;
            groups++;
        }

        _file.SetLength(at);
        _file.Position = at;
        WriteAhead();
        return groups;
    }

    /// <summary>Adds whole requests to the next group.</summary>
    public void Add(ReadOnlySpan<byte> requests)
    {
        if (_group.Length - _length < requests.Length)
        {
            Array.Resize(ref _group, Math.Max(_group.Length * 2, _length + requests.Length));
        }

        requests.CopyTo(_group.AsSpan(_length));
        _length += requests.Length;
    }

    /// <summary>Ends the group; returns what <see cref="Write"/> has to make durable.</summary>
    public byte[] End(ulong now, byte[] next, out int length)
    {
        byte[] group = _group;
        length = _length;
        BinaryPrimitives.WriteUInt64LittleEndian(group, now);
        BinaryPrimitives.WriteInt32LittleEndian(group.AsSpan(8), length - Head);
        BinaryPrimitives.WriteUInt32LittleEndian(group.AsSpan(12), Checksum(group.AsSpan(Head, length - Head)));
        (_group, _length) = (next, Head);
        return group;
    }

    /// <summary>Writes a group and waits until the disk has it.</summary>
    public void Write(ReadOnlySpan<byte> group)
    {
        if (_file.Position + group.Length > _end)
        {
            WriteAhead();
        }

        _file.Write(group);
        if (DataSync(_file.SafeFileHandle) != 0)
        {
            throw new IOException($"the journal could not be flushed, error {Marshal.GetLastPInvokeError()}");
        }
    }

    public void Dispose() => _file.Dispose();

    // As fsync, but for the times of the file, which nobody needs (fdatasync(2)); .NET has no call for it.
    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DataSync(SafeFileHandle file);

    private void WriteAhead()
    {
        long at = _file.Position;
        _file.Position = Math.Max(at, _end);
        _file.Write(Ahead);
        _file.Flush(flushToDisk: true);
        _end = _file.Position;
        _file.Position = at;
    }

    // Empty when there is none that is whole.
    private static ReadOnlySpan<byte> Group(ReadOnlySpan<byte> from)
    {
        if (from.Length < Head || BinaryPrimitives.ReadInt32LittleEndian(from[8..]) is var length && (length <= 0 || length > from.Length - Head))
        {
            return default;
        }

        ReadOnlySpan<byte> group = from.Slice(Head, BinaryPrimitives.ReadInt32LittleEndian(from[8..]));
        return Checksum(group) == BinaryPrimitives.ReadUInt32LittleEndian(from[12..]) ? group : default;
    }

    // CRC-32C, which the processor has.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            sum = System.Numerics.BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte single in bytes)
        {
            sum = System.Numerics.BitOperations.Crc32C(sum, single);
        }

        return ~sum;
    }
}
