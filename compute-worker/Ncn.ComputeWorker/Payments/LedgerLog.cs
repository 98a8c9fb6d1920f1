using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Payments;

/// <summary>One line of the log: what happened to a channel, or the whole state of one after a compaction.</summary>
/// <param name="Receipt">The receipt of a charge: proof of the running total.</param>
internal sealed record LedgerLine(ChannelId Channel, ChannelInput? Input, ChannelState? State, Signed<Receipt>? Receipt);

/// <summary>
/// An append-only file of JSON lines, each after a checksum. A line is on the disk when <see cref="Append"/> returns. A torn last
/// line, which a crash leaves, is cut off; a broken line before others is refused, because what follows would not add up.
/// </summary>
internal sealed class LedgerLog : IDisposable
{
    private const int ChecksumCharacters = 16;
    private const char Separator = ' ';

    private static readonly JsonSerializerOptions Json = new(ProtocolJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { NameInputs } },
    };

    private readonly FileStream _file;

    private LedgerLog(FileStream file) => _file = file;

    /// <summary>Opens the file, or makes it, and hands out its lines in order.</summary>
    /// <exception cref="InvalidDataException">A line in the middle is broken.</exception>
    public static (LedgerLog Log, IReadOnlyList<LedgerLine> Lines) Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            (List<LedgerLine> lines, long end) = ReadLines(file, path);
            file.SetLength(end);
            file.Position = end;
            return (new LedgerLog(file), lines);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a new file with these lines only, in place of the one at <paramref name="path"/>.</summary>
    public static void Replace(string path, IEnumerable<LedgerLine> lines)
    {
        string fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            foreach (LedgerLine line in lines)
            {
                file.Write(Encode(line));
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Adds a line and waits until the disk has it.</summary>
    public void Append(LedgerLine line)
    {
        _file.Write(Encode(line));
        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();

    private static (List<LedgerLine> Lines, long End) ReadLines(FileStream file, string path)
    {
        var content = new byte[file.Length];
        file.ReadExactly(content);
        var lines = new List<LedgerLine>();
        int start = 0;
        for (int end = NextLine(content, start); end >= 0; end = NextLine(content, start))
        {
            if (Decode(content.AsSpan(start, end - start)) is not { } line)
            {
                return end == content.Length - 1
                    ? (lines, start)
                    : throw new InvalidDataException($"Line {lines.Count + 1} of {path} is damaged and others follow it. Restore the file from a copy, or move it away; vouchers that only it held are lost then.");
            }

            lines.Add(line);
            start = end + 1;
        }

        return (lines, start);
    }

    private static int NextLine(byte[] content, int start) => Array.IndexOf(content, (byte)'\n', start);

    private static byte[] Encode(LedgerLine line)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(line, Json);
        return [.. Encoding.ASCII.GetBytes(Checksum(json)), (byte)Separator, .. json, (byte)'\n'];
    }

    private static LedgerLine? Decode(ReadOnlySpan<byte> text)
    {
        if (text.Length <= ChecksumCharacters || text[ChecksumCharacters] != Separator)
        {
            return null;
        }

        ReadOnlySpan<byte> json = text[(ChecksumCharacters + 1)..];
        return Encoding.ASCII.GetString(text[..ChecksumCharacters]) == Checksum(json) ? JsonSerializer.Deserialize<LedgerLine>(json, Json) : null;
    }

    private static string Checksum(ReadOnlySpan<byte> json) => Convert.ToHexStringLower(Keccak256.Hash(json))[..ChecksumCharacters];

    private static void NameInputs(JsonTypeInfo type)
    {
        if (type.Type == typeof(ChannelInput))
        {
            type.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "kind" };
            foreach (Type input in typeof(ChannelInput).GetNestedTypes())
            {
                type.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(input, input.Name));
            }
        }
    }
}
