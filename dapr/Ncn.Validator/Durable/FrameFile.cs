using System.Buffers;
using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Validator.Durable;

/// <summary>
/// A file that grows by frames, one for each sync. A frame: marker (4 bytes), check (8: the first bytes of keccak-256 over all that follows),
/// number (8, from 0), length (4), payload. Numbers are big-endian.
/// </summary>
/// <remarks>
/// A crash can tear the frame that was being written and no other; what is left of it is cut off. Anything else that does not check is
/// damage, which is refused: a frame that was synced is never given up silently.
/// </remarks>
internal sealed class FrameFile : IDisposable
{
    /// <summary>Most bytes of one frame's payload.</summary>
    internal const int MaxPayload = 64 * 1024 * 1024;

    private const int HeadBytes = 24;
    private const int CheckBytes = 8;
    private const int Checked = 12; // what the check covers begins here
    private const string Partial = ".partial";
    private static readonly byte[] Marker = "NCNf"u8.ToArray();

    private readonly IDisk _disk;
    private readonly string _path;
    private IDiskFile _file;
    private ulong _next;
    private byte[] _buffer = new byte[4_096];

    private FrameFile(IDisk disk, string path, IDiskFile file, long length, ulong next) => (_disk, _path, _file, Length, _next) = (disk, path, file, length, next);

    /// <summary>Bytes of the file as this process left it.</summary>
    internal long Length { get; private set; }

    /// <summary>A new file with these frames, whole or not at all; durable when this returns.</summary>
    internal static FrameFile Create(IDisk disk, string path, params IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var (file, length) = Replace(disk, path, frames);
        return new FrameFile(disk, path, file, length, (ulong)frames.Count);
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
        var file = disk.Open(path);
        if (end < content.Length)
        {
            file.SetLength(end);
            file.Sync();
        }

        frames = found;
        return new FrameFile(disk, path, file, end, (ulong)found.Count);
    }

    /// <summary>One frame; durable when this returns.</summary>
    /// <exception cref="DamagedFileException">Somebody else has written to the file.</exception>
    internal void Append(ReadOnlySpan<byte> payload)
    {
        if (_file.Length != Length)
        {
            throw new DamagedFileException($"{_path} has {_file.Length} bytes and this process left {Length}: another process writes to it. End one of the two.");
        }

        var size = HeadBytes + payload.Length;
        if (_buffer.Length < size)
        {
            _buffer = new byte[Math.Max(size, 2 * _buffer.Length)];
        }

        Write(_buffer, _next, payload);
        _file.Write(Length, _buffer.AsSpan(0, size));
        _file.Sync();
        (Length, _next) = (Length + size, _next + 1);
    }

    /// <summary>Puts other frames in the place of all there are: written beside, synced, renamed, and the folder synced.</summary>
    internal void Rewrite(IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var (file, length) = Replace(_disk, _path, frames);
        _file.Dispose();
        (_file, Length, _next) = (file, length, (ulong)frames.Count);
    }

    public void Dispose() => _file.Dispose();

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
