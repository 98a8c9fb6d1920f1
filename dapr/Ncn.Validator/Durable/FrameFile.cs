using System.Buffers;
using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Validator.Durable;

/// <summary>
/// A file that grows by frames, one for each sync. A frame: marker (4 bytes), check (8: the first bytes of keccak-256 over all that follows),
/// number (8, from 0), length (4), payload. Numbers are big-endian. Behind the last frame are zeros, room for those that come.
/// </summary>
/// <remarks>
/// A crash can tear the frame that was being written and no other; what is left of it is cut off. Anything else that does not check is
/// damage, which is refused: a frame that was synced is never given up silently. A frame goes where zeros were written before, because
/// a sync that changes neither the file's length nor its blocks is one write to the disk, and otherwise also one of the file system's journal.
/// </remarks>
internal sealed class FrameFile : IDisposable
{
    /// <summary>Most bytes of one frame's payload.</summary>
    internal const int MaxPayload = 64 * 1024 * 1024;

    /// <summary>Room that is made at once, bytes.</summary>
    internal const int Room = 256 * 1024;

    private const int HeadBytes = 24;
    private const int CheckBytes = 8;
    private const int Checked = 12; // what the check covers begins here
    private const string Partial = ".partial";
    private static readonly byte[] Marker = "NCNf"u8.ToArray();

    private readonly IDisk _disk;
    private readonly string _path;
    private IDiskFile _file;
    private ulong _next;
    private long _end; // of the room behind the frames
    private byte[] _buffer = new byte[4_096];

    private FrameFile(IDisk disk, string path, IDiskFile file, long length, long end, ulong next) => (_disk, _path, _file, Length, _end, _next) = (disk, path, file, length, end, next);

    /// <summary>Bytes of the frames.</summary>
    internal long Length { get; private set; }

    /// <summary>A new file with these frames, whole or not at all; durable when this returns.</summary>
    internal static FrameFile Create(IDisk disk, string path, params IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var (file, length) = Replace(disk, path, frames);
        return new FrameFile(disk, path, file, length, length, (ulong)frames.Count);
    }

    /// <summary>Opens a file and gives its frames.</summary>
    /// <exception cref="DamagedFileException">A frame that was synced is not there any more.</exception>
    internal static FrameFile? Open(IDisk disk, string path, out IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        disk.Delete(path + Partial);
        if (disk.Read(path) is not { } content)
        {
            frames = [];
            return null;
        }

        var (found, end) = Parse(path, content);
        var (file, isRoom) = (disk.Open(path), !content.AsSpan(end).ContainsAnyExcept((byte)0));
        if (!isRoom)
        {
            file.SetLength(end);
            file.Sync();
        }

        frames = found;
        return new FrameFile(disk, path, file, end, isRoom ? content.Length : end, (ulong)found.Count);
    }

    /// <summary>One frame; durable when this returns.</summary>
    /// <exception cref="DamagedFileException">Somebody else has written to the file.</exception>
    internal void Append(ReadOnlySpan<byte> payload)
    {
        RequireOwn();
        var size = HeadBytes + payload.Length;
        var room = Length + size > _end ? Room : 0;
        if (_buffer.Length < size + room)
        {
            _buffer = new byte[Math.Max(size, 2 * _buffer.Length) + room];
        }

        Write(_buffer, _next, payload);
        _buffer.AsSpan(size, room).Clear();
        _file.Write(Length, _buffer.AsSpan(0, size + room));
        _file.Sync();
        (Length, _end, _next) = (Length + size, Math.Max(_end, Length + size + room), _next + 1);
    }

    /// <summary>Puts other frames in the place of all there are: written beside, synced, renamed, and the folder synced.</summary>
    internal void Rewrite(IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var (file, length) = Replace(_disk, _path, frames);
        _file.Dispose();
        (_file, Length, _end, _next) = (file, length, length, (ulong)frames.Count);
    }

    public void Dispose() => _file.Dispose();

    // Another process would have changed the file's length, or have put a frame where the next one goes.
    private void RequireOwn()
    {
        Span<byte> next = stackalloc byte[HeadBytes];
        var read = _file.Read(Length, next);
        if (_file.Length != _end || next[..read].ContainsAnyExcept((byte)0))
        {
            throw new DamagedFileException($"{_path} is not what this process left, {Length} bytes and {_end - Length} of room: another process writes to it. End one of the two.");
        }
    }

    private static (IDiskFile File, long Length) Replace(IDisk disk, string path, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var buffer = new ArrayBufferWriter<byte>(Math.Max(1, frames.Sum(static frame => HeadBytes + frame.Length)));
        for (var number = 0; number < frames.Count; number++)
        {
            var size = HeadBytes + frames[number].Length;
            Write(buffer.GetSpan(size), (ulong)number, frames[number].Span);
            buffer.Advance(size);
        }

        disk.Delete(path + Partial);
        var file = disk.Open(path + Partial);
        file.Write(0, buffer.WrittenSpan);
        file.Sync();
        disk.Rename(path + Partial, path);
        disk.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return (file, buffer.WrittenCount);
    }

    private static (List<ReadOnlyMemory<byte>> Frames, int End) Parse(string path, byte[] content)
    {
        var frames = new List<ReadOnlyMemory<byte>>();
        var end = 0;
        while (Read(content, end, (ulong)frames.Count) is { } payload)
        {
            frames.Add(payload);
            end += HeadBytes + payload.Length;
        }

        return HasLaterFrame(content, end, (ulong)frames.Count)
            ? throw new DamagedFileException($"{path} is damaged at byte {end}: frame {frames.Count} does not check, and later ones are there.")
            : (frames, end);
    }

    private static ReadOnlyMemory<byte>? Read(byte[] content, int offset, ulong number)
    {
        var rest = content.AsSpan(offset);
        if (rest.Length < HeadBytes || !rest.StartsWith(Marker) || NumberOf(rest) != number)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(rest[20..]);
        if (length < 0 || length > rest.Length - HeadBytes || !rest[4..Checked].SequenceEqual(CheckOf(rest[Checked..(HeadBytes + length)])))
        {
            return null;
        }

        return content.AsMemory(offset + HeadBytes, length);
    }

    // Each sync writes one frame, so nothing can be behind a torn one.
    private static bool HasLaterFrame(byte[] content, int from, ulong number)
    {
        for (var at = from; content.AsSpan(at).IndexOf(Marker) is >= 0 and var distance; at++)
        {
            at += distance;
            if (at + HeadBytes <= content.Length && NumberOf(content.AsSpan(at)) is var other && other > number && Read(content, at, other) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static ulong NumberOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt64BigEndian(frame[Checked..]);

    private static void Write(Span<byte> destination, ulong number, ReadOnlySpan<byte> payload)
    {
        Marker.CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[Checked..], number);
        BinaryPrimitives.WriteInt32BigEndian(destination[20..], payload.Length);
        payload.CopyTo(destination[HeadBytes..]);
        CheckOf(destination[Checked..(HeadBytes + payload.Length)]).CopyTo(destination[4..]);
    }

    private static ReadOnlySpan<byte> CheckOf(ReadOnlySpan<byte> covered) => Keccak256.Hash(covered).AsSpan(0, CheckBytes);
}

/// <summary>A file is not what this program wrote.</summary>
internal sealed class DamagedFileException(string message) : IOException(message);
